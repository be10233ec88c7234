import { spawn, type ChildProcessWithoutNullStreams } from 'node:child_process';
import { copyFileSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { join, resolve } from 'node:path';
import { expect } from 'chai';
import { CertificateAuthority, type CertificateOnDisk } from '../support/certificates.js';
import { DaemonLab, finish } from '../support/daemon-lab.js';

const SERVER = '10.75.0.1';
const AT = `${SERVER}:4443`;
const DAY = 86_400;

describe('operators are answered over TLS', function () {
  this.timeout(90_000);
  let lab: DaemonLab;
  const sockets: ChildProcessWithoutNullStreams[] = [];

  const create = async (name: string, admin: string) => {
    lab = await DaemonLab.create(name);
    lab.configure((text) => text.replace('{ trusted: true }', admin));
    writeFileSync(join(lab.folder, 'clock'), '0');
    process.env['IMAGO_TEST_CLOCK'] = join(lab.folder, 'clock');
    process.env['NODE_OPTIONS'] = `--import ${resolve('test/support/moving-clock.mjs')}`;
  };
  const start = async () => {
    await lab.start();
    await lab.onClient('ip', 'addr', 'add', '10.75.0.150/24', 'dev', 'eth0');
  };
  const remove = async () => {
    delete process.env['NODE_OPTIONS'];
    delete process.env['IMAGO_TEST_CLOCK'];
    for (const socket of sockets.splice(0)) socket.kill('SIGKILL');
    await lab.remove();
  };

  const at = (name: string) => join(lab.folder, 'var/ca', name);
  const openssl = async (...words: string[]) => {
    const { stdout, stderr } = await finish('openssl', words);
    return `${stdout}${stderr}`.trim();
  };
  /** What a client says whom openssl connects, and ends at once. */
  const client = async (...words: string[]) => {
    const command = ['openssl', 's_client', '-connect', AT, '-CAfile', at('ca.crt'), '-brief', ...words];
    const { status, stdout, stderr } = await lab.onClient('sh', '-c', '"$@" </dev/null', 'sh', ...command);
    return { status, said: `${stdout}${stderr}` };
  };
  const fingerprint = async (file: string) =>
    (await openssl('x509', '-in', file, '-noout', '-fingerprint', '-sha256')).replace(/^.*=/, '');
  const shown = async () => {
    const { stdout } = await lab.onClient(
      'sh',
      '-c',
      `openssl s_client -connect ${AT} </dev/null 2>/dev/null`,
    );
    writeFileSync(join(lab.folder, 'shown.pem'), stdout);
    return fingerprint(join(lab.folder, 'shown.pem'));
  };
  const lines = (message: string) =>
    lab
      .log()
      .split('\n')
      .filter((line) => line.includes(message))
      .map((line) => JSON.parse(line) as { readonly fingerprint?: string; readonly file?: string });
  const bySocket = async (path: string) => {
    const socket = join(lab.folder, 'var/admin.sock');
    return (await lab.onServer('curl', '-s', '--unix-socket', socket, `http://localhost${path}`)).stdout;
  };
  const metric = async (name: string) => {
    return (await bySocket('/metrics'))
      .split('\n')
      .find((line) => line.startsWith(name))
      ?.split(' ')
      .pop();
  };
  const alarms = async () => {
    const stdout = await bySocket('/ready');
    const { alarms: all } = JSON.parse(stdout) as { readonly alarms: readonly { readonly code: string }[] };
    return all.map(({ code }) => code).filter((code) => code.startsWith('CERTIFICATE'));
  };
  const clockAt = async (days: number) => {
    writeFileSync(join(lab.folder, 'clock'), String(days * DAY));
    await lab.signalled('SIGHUP', 'the configuration was reloaded');
  };
  const until = async (isSo: () => boolean | Promise<boolean>) => {
    while (!(await isSo())) await new Promise((done) => setTimeout(done, 20));
  };

  /** A connection that stays open, and what is asked over it. */
  const connection = () => {
    const words = ['netns', 'exec', lab.client, 'openssl', 's_client', '-connect', AT, '-quiet', '-ign_eof'];
    const socket = spawn('ip', words);
    sockets.push(socket);
    let said = '';
    socket.stdout.on('data', (bytes: Buffer) => (said += bytes.toString()));
    return async (path: string) => {
      said = '';
      socket.stdin.write(`GET ${path} HTTP/1.1\r\nHost: ${SERVER}\r\n\r\n`);
      await until(() => said.includes('\r\n\r\n') && said.endsWith('}'));
      return said.split('\r\n')[0];
    };
  };

  describe('by a CA that imago makes at the first start', () => {
    before(async () => {
      await create('tls', '{ names: [imago.example] }');
      await start();
    });
    after(remove);

    it('in a folder that nobody else opens', () => {
      expect(statSync(join(lab.folder, 'var/ca')).mode & 0o777).to.equal(0o700);
      for (const name of ['ca.key', 'ca.crt', 'server.pem'])
        expect(statSync(at(name)).mode & 0o777, name).to.equal(0o600);
    });

    it('its fingerprint is told once, with what to do', async () => {
      const told = lines('a CA for operators was made');
      expect(told).to.have.length(1);
      expect(told[0]).to.include({
        file: at('ca.crt'),
        fingerprint: `SHA256:${await fingerprint(at('ca.crt'))}`,
      });
      expect(lines('a certificate for operators was made')[0]?.fingerprint).to.equal(
        `SHA256:${await shown()}`,
      );
    });

    it('no key is in the log', () => {
      const secret = readFileSync(at('ca.key'), 'utf8').split('\n')[1] ?? '';
      expect(secret).to.have.length(64);
      expect(lab.log()).to.not.include(secret);
      expect(lab.log()).to.not.include('PRIVATE KEY');
    });

    it('holds for more than a year, and the CA for ten', async () => {
      for (const { file, days, want } of [
        { file: 'server.pem', days: 396, want: 'Certificate will not expire' },
        { file: 'server.pem', days: 398, want: 'Certificate will expire' },
        { file: 'ca.crt', days: 3650, want: 'Certificate will not expire' },
      ])
        expect(
          await openssl('x509', '-in', at(file), '-noout', '-checkend', String(days * DAY)),
          `${file} in ${days} days`,
        ).to.equal(want);
    });

    for (const name of ['localhost', hostname(), `${hostname()}.sandbox.test`, 'imago.example'])
      it(`is known as ${name === hostname() ? 'its host name' : name.replace(hostname(), 'HOST')}`, async () => {
        const { status, said } = await client('-verify_return_error', '-verify_hostname', name.toLowerCase());
        expect(said).to.include('Verification: OK');
        expect(status).to.equal(0);
      });
    for (const address of [SERVER, '127.0.0.1'])
      it(`is known as ${address}`, async () => {
        const { said } = await client('-verify_return_error', '-verify_ip', address);
        expect(said).to.include('Verification: OK');
      });
    it('is not known as another server', async () => {
      const { status, said } = await client('-verify_return_error', '-verify_hostname', 'bank.example');
      expect(said).to.match(/[Hh]ostname mismatch/);
      expect(status).to.equal(1);
    });

    it('curl takes it with the CA, and not without', async () => {
      const ready = ['-s', `https://${AT}/ready`];
      const trusting = await lab.onClient('curl', '--cacert', at('ca.crt'), ...ready);
      expect(JSON.parse(trusting.stdout)).to.deep.equal({ ready: true });
      const failures = async () => Number(await metric('imago_https_failed_total{reason="untrusted"}'));
      const before = await failures();
      expect((await lab.onClient('curl', ...ready)).status, 'its own word for it').to.equal(60);
      await until(async () => (await failures()) === before + 1);
      expect(lines('it does not trust the certificate')).to.have.length(1);
    });

    it('a call of operators still needs a proof', async () => {
      const { stdout } = await lab.onClient(
        'curl',
        '-s',
        '--cacert',
        at('ca.crt'),
        '-w',
        '%{http_code}',
        '-o',
        '/dev/null',
        `https://${AT}/api/v1/hosts`,
      );
      expect(stdout).to.equal('401');
    });

    for (const { version, protocol } of [
      { version: '-tls1_2', protocol: 'TLSv1.2' },
      { version: '-tls1_3', protocol: 'TLSv1.3' },
    ])
      it(`speaks ${protocol}`, async () => {
        const { status, said } = await client(version);
        expect(said).to.include(`Protocol version: ${protocol}`);
        expect(status).to.equal(0);
      });
    for (const version of ['-tls1_1', '-tls1'])
      it(`refuses ${version.slice(1)}`, async () => {
        const { status, said } = await client(version, '-cipher', 'ALL:@SECLEVEL=0');
        expect(said).to.match(/alert protocol version/);
        expect(status).to.equal(1);
      });

    it('nmap finds no cipher that is less than the best', async () => {
      const { stdout } = await lab.onClient(
        'nmap',
        '-Pn',
        '-p',
        '4443',
        '--script',
        'ssl-enum-ciphers',
        SERVER,
      );
      expect(stdout).to.include('least strength: A');
      expect(stdout.match(/TLSv1\.\d|SSLv\d/g)).to.deep.equal(['TLSv1.2', 'TLSv1.3']);
      const ciphers = [...stdout.matchAll(/ (TLS_\S+)/g)].map(([, cipher]) => cipher ?? '');
      expect(ciphers.length).to.be.above(4);
      expect(ciphers.filter((cipher) => !/GCM|CHACHA20/.test(cipher))).to.deep.equal([]);
    });

    it('tells when its certificates end', async () => {
      const ends = Number(
        await metric('imago_certificate_expiry_timestamp_seconds{certificate="own-server"}'),
      );
      expect(ends * 1000 - Date.now()).to.be.within(396 * DAY * 1000, 397 * DAY * 1000);
      expect(await alarms()).to.deep.equal([]);
    });

    it('is the same after a restart, and not told again', async () => {
      const before = await shown();
      await lab.stop();
      await lab.start();
      expect(await shown()).to.equal(before);
      expect(lines('a CA for operators was made')).to.have.length(1);
    });

    it('is known by a further name after a reload, by the same CA', async () => {
      const byNewName = () => client('-verify_return_error', '-verify_hostname', 'boot.example');
      expect((await byNewName()).status).to.equal(1);
      lab.configure((text) => text.replace('{ trusted: true }', '{ names: [imago.example, boot.example] }'));
      await lab.signalled('SIGHUP', 'a certificate for operators was made: whoever trusts its CA trusts it');
      expect((await byNewName()).said).to.include('Verification: OK');
    });

    it('is renewed as time goes on, without a restart, by the same CA; connections that are open go on', async () => {
      const ask = connection();
      expect(await ask('/health')).to.equal('HTTP/1.1 200 OK');
      const [before, ca] = [await shown(), await fingerprint(at('ca.crt'))];
      await clockAt(300);
      await until(() => lines('a certificate for operators was made').length === 3);
      expect(await ask('/health')).to.equal('HTTP/1.1 200 OK');
      expect(await shown()).to.not.equal(before);
      expect(await fingerprint(at('ca.crt'))).to.equal(ca);
      const inTime = String(Math.floor(Date.now() / 1000) + 600 * DAY);
      expect(await openssl('verify', '-attime', inTime, '-CAfile', at('ca.crt'), at('server.pem'))).to.match(
        /: OK$/,
      );
      expect(await alarms()).to.deep.equal([]);
    });

    it('the CA is not: an alarm tells in time what to do', async () => {
      await clockAt(3640);
      await until(async () => (await alarms()).length === 1);
      expect(await alarms()).to.deep.equal(['CERTIFICATE_EXPIRES']);
      expect(await metric('imago_alarms{code="CERTIFICATE_EXPIRES"}')).to.equal('1');
      await clockAt(0);
    });

    it('is another one once its folder is removed', async () => {
      const before = await fingerprint(at('ca.crt'));
      await lab.stop();
      rmSync(join(lab.folder, 'var/ca'), { recursive: true });
      await lab.start();
      expect(await fingerprint(at('ca.crt'))).to.not.equal(before);
    });

    it('a start with a damaged key says what to do', async () => {
      await lab.stop();
      writeFileSync(at('ca.key'), 'damaged');
      const failure = await lab.start().then(() => 'it started', String);
      expect(failure).to.include(`${at('ca.key')}, of the CA for operators, cannot be used: it is damaged`);
      expect(failure).to.include('bring ');
    });
  });

  describe('by certificates of their own', () => {
    let ca: CertificateAuthority;
    let first: CertificateOnDisk;
    let next: CertificateOnDisk;
    const live = (name: 'crt' | 'key') => join(lab.folder, `live.${name}`);
    /** As programs that renew certificates do it: one file after the other. */
    const put = ({ certificate, key }: Partial<CertificateOnDisk>) => {
      for (const [from, to] of [
        [certificate, live('crt')],
        [key, live('key')],
      ] as const) {
        if (from === undefined) continue;
        copyFileSync(from, `${to}.new`);
        renameSync(`${to}.new`, to);
      }
    };

    before(async () => {
      ca = CertificateAuthority.create();
      first = ca.server(SERVER, 'first');
      next = ca.server(SERVER, 'next');
      await create('tlsf', '{ tls: { certificate: live.crt, key: live.key } }');
      put(first);
      await start();
    });
    after(async () => {
      await remove();
      ca.remove();
    });

    it('shows them, and makes none', async () => {
      expect(await shown()).to.equal(await fingerprint(first.certificate));
      expect(lines('a CA for operators was made')).to.have.length(0);
      const { stdout } = await lab.onClient('curl', '-s', '--cacert', ca.certificate, `https://${AT}/ready`);
      expect(JSON.parse(stdout)).to.include({ ready: true });
    });

    it('says at the start by which fingerprint login holds on to them', async () => {
      const [told] = lines('operators know this server by certificates of theirs');
      expect(told?.fingerprint).to.equal(`SHA256:${await fingerprint(first.certificate)}`);
    });

    it('takes up others without a restart; connections that are open go on', async () => {
      const ask = connection();
      expect(await ask('/health')).to.equal('HTTP/1.1 200 OK');
      put(next);
      expect(await shown()).to.equal(await fingerprint(next.certificate));
      expect(lines('other certificates hold from now on').pop()?.fingerprint).to.equal(
        `SHA256:${await fingerprint(next.certificate)}`,
      );
      expect(await ask('/health')).to.equal('HTTP/1.1 200 OK');
    });

    it('goes on with those of before while the files do not go together, and says so', async () => {
      put({ certificate: first.certificate });
      expect(await shown()).to.equal(await fingerprint(next.certificate));
      await clockAt(0);
      await until(async () => (await alarms()).length === 1);
      expect(await alarms()).to.deep.equal(['CERTIFICATE_UNUSABLE']);
      put({ key: first.key });
      expect(await shown()).to.equal(await fingerprint(first.certificate));
      await clockAt(0);
      await until(async () => (await alarms()).length === 0);
    });

    it('tells of an address that others lack, until they have it', async () => {
      put(ca.server('10.75.0.9', 'elsewhere'));
      await clockAt(0);
      await until(async () => (await alarms()).length === 1);
      expect(await alarms()).to.deep.equal(['CERTIFICATE_LACKS_NAMES']);
      expect(lab.log()).to.match(/live\.crt does not name .*IP Address:10\.75\.0\.1: /);
      const { stdout } = await finish('bin/imago', ['--check-config', '--config', lab.configFile]);
      expect(stdout).to.match(/warning: listeners\.admin\.tls\.certificate: .*IP Address:10\.75\.0\.1/);
      put(first);
      await clockAt(0);
      await until(async () => (await alarms()).length === 0);
    });

    it('tells before they end, and when they have', async () => {
      await clockAt(1.7);
      await until(async () => (await alarms()).includes('CERTIFICATE_EXPIRES'));
      await clockAt(2.1);
      await until(async () => (await alarms()).includes('CERTIFICATE_EXPIRED'));
      const ends = Number(
        await metric('imago_certificate_expiry_timestamp_seconds{certificate="listeners.admin.tls"}'),
      );
      expect(ends * 1000 - Date.now()).to.be.within(1.9 * DAY * 1000, 2 * DAY * 1000);
      await clockAt(0);
      await until(async () => (await alarms()).length === 0);
    });

    it('is told of files that cannot be used before the start', async () => {
      put({ key: next.key });
      const { status, stdout, stderr } = await finish('bin/imago', [
        '--check-config',
        '--config',
        lab.configFile,
      ]);
      expect(status).to.equal(1);
      expect(`${stdout}${stderr}`).to.match(
        /listeners\.admin\.tls.*the key does not belong to the certificate/,
      );
    });
  });
});
