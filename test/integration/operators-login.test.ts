import { chmodSync, copyFileSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { expect } from 'chai';
import { CertificateAuthority } from '../support/certificates.js';
import { DaemonLab, type Finished } from '../support/daemon-lab.js';

const SERVER = '10.75.0.1';

/** An operator on a computer of his own, with a folder of his own for what he logs in with. */
class RemoteOperator {
  readonly #folder: string;

  constructor(
    private readonly lab: DaemonLab,
    name: string,
  ) {
    this.#folder = join(lab.folder, name);
  }

  imagoctl(line: string, input = ''): Promise<Finished> {
    return this.#run('imagoctl', line, input);
  }

  mayuctl(line: string): Promise<Finished> {
    return this.#run('mayuctl', line, '');
  }

  /** The input stands in a file, as of a script: nothing but its name is in the arguments. */
  #run(program: string, line: string, input: string): Promise<Finished> {
    const file = `${this.#folder}.input`;
    writeFileSync(file, input, { mode: 0o600 });
    return this.lab.onClient(
      'env',
      `XDG_CONFIG_HOME=${this.#folder}`,
      `IMAGO_HOST=${SERVER}`,
      'USER=mallory',
      'sh',
      '-c',
      `exec ${resolve('bin', program)} ${line} < ${file}`,
    );
  }
}

describe('operators log in from elsewhere', function () {
  this.timeout(120_000);
  let lab: DaemonLab;
  let ada: RemoteOperator;
  let eve: RemoteOperator;
  let stranger: RemoteOperator;
  let fingerprint: string;
  let operatorsCa: CertificateAuthority;

  const onServer = (line: string) => lab.onServer('sh', '-c', `imagoctl ${line}`);
  const author = async () => (await lab.git('log', '-1', '--format=%an')).stdout.trim();
  const made = () => {
    const lines = lab
      .log()
      .split('\n')
      .filter((line) => line.includes('a CA for operators was made'));
    return (JSON.parse(lines.at(-1) ?? '{}') as { fingerprint: string }).fingerprint;
  };

  before(async () => {
    lab = await DaemonLab.create('login');
    operatorsCa = CertificateAuthority.create('ops CA');
    copyFileSync(operatorsCa.certificate, join(lab.folder, 'ops.crt'));
    const rules = '[{ commonName: "*@ops", role: operator }]';
    lab.configure((text) => {
      const proven = text.replace('  admin: { trusted: true }\n', '');
      return `${proven}\noperators: { certificates: { ca: ops.crt, roles: ${rules} } }\n`;
    });
    await lab.start();
    await lab.onClient('ip', 'addr', 'add', '10.75.0.150/24', 'dev', 'eth0');
    ada = new RemoteOperator(lab, 'ada');
    eve = new RemoteOperator(lab, 'eve');
    stranger = new RemoteOperator(lab, 'stranger');
    fingerprint = made();
  });
  after(async () => {
    await lab.remove();
    operatorsCa.remove();
  });

  it('with a token that root has made on the server, where the socket needs none', async () => {
    expect((await onServer('whoami')).stdout).to.match(/admin\.sock: \S+ is admin, by socket\n$/);
    for (const { operator, name, role } of [
      { operator: ada, name: 'ada', role: 'operator' },
      { operator: eve, name: 'eve', role: 'viewer' },
    ]) {
      const token = await onServer(`token create --name ${name} --role ${role}`);
      expect(token).to.include({ status: 0 });
      const login = await operator.imagoctl(`login --fingerprint ${fingerprint}`, token.stdout);
      expect(login).to.include({ status: 0, stderr: '' });
      expect(login.stdout).to.match(
        new RegExp(`^https://10\\.75\\.0\\.1:4443: ${name} is ${role}, by token, until 20`),
      );
    }
  });

  it('commands machines: the token’s name is the author, whatever the computer calls its user', async () => {
    expect(await ada.imagoctl('add a1 --profile core')).to.include({ status: 0 });
    expect(await author()).to.equal('ada');
    expect((await eve.imagoctl('list --no-legend --fields serial,state')).stdout).to.equal(
      'a1  configured\n',
    );
  });

  it('commands them by the words of mayuctl, too', async () => {
    expect((await ada.mayuctl('list --no-legend --fields=serial,state')).stdout).to.equal(
      'a1  "configured"\n',
    );
    expect(await ada.mayuctl('set a1 cabinet 7')).to.include({ status: 0 });
    expect(await author()).to.equal('ada');
    expect(await eve.mayuctl('set a1 cabinet 8')).to.include({ status: 1 });
  });

  it('with a certificate of his own: its common name is the author', async () => {
    const bob = new RemoteOperator(lab, 'bob');
    const { certificate, key } = operatorsCa.client('/CN=bob@ops', 'bob');
    chmodSync(key, 0o600);
    const login = await bob.imagoctl(`login --fingerprint ${fingerprint} --cert ${certificate} --key ${key}`);
    expect(login).to.include({ status: 0, stderr: '' });
    expect(login.stdout).to.contain(': bob@ops is operator, by certificate');
    expect(await bob.imagoctl('set a1 cabinet 5')).to.include({ status: 0 });
    expect(await author()).to.equal('bob@ops');
    expect(await bob.mayuctl('set a1 cabinet 7')).to.include({ status: 0 });
  });

  it('no more than his role is', async () => {
    for (const { operator, line, says } of [
      { operator: eve, line: 'set a1 cabinet 8', says: 'eve is viewer, and this is for operator and admin' },
      {
        operator: ada,
        line: 'token create --name root --role admin',
        says: 'ada is operator, and this is for admin',
      },
      { operator: ada, line: 'reload', says: 'ada is operator, and this is for admin' },
    ]) {
      const { status, stderr } = await operator.imagoctl(line);
      expect(stderr).to.contain(says);
      expect(status).to.equal(1);
    }
    expect((await onServer('refusals --no-legend')).stdout).to.match(/ role +10\.75\.0\.150 +eve /);
  });

  it('nobody else: who has not logged in sends nothing, and is told what to do', async () => {
    const { status, stderr } = await stranger.imagoctl('list');
    expect(stderr).to.contain('nobody that this computer trusts has signed it');
    expect(stderr).to.contain(`imagoctl login --host ${SERVER};`);
    expect(status).to.equal(4);
    const asked = await lab.onClient(
      'env',
      `IMAGO_TLS_CA=${lab.folder}/var/ca/ca.crt`,
      'XDG_CONFIG_HOME=/nonexistent',
      resolve('bin/imagoctl'),
      'list',
      '--host',
      SERVER,
    );
    expect(asked.stderr).to.contain('nothing was shown that proves who asks: log in with imagoctl login');
    expect(asked.status).to.equal(1);
  });

  it('not at the port of machines, which says where instead', async () => {
    const { status, stderr } = await ada.imagoctl('list --no-tls');
    expect(stderr).to.contain(`operators are answered at https://${SERVER}:4443`);
    expect(status).to.equal(1);
  });

  it('with any client of HTTPS and the token', async () => {
    const { stdout: token } = await onServer('token create --name curl --role viewer');
    writeFileSync(join(lab.folder, 'header'), `Authorization: Bearer ${token.trim()}\n`, { mode: 0o600 });
    const words = [
      '-sS',
      '--cacert',
      join(lab.folder, 'var/ca/ca.crt'),
      '-H',
      `@${join(lab.folder, 'header')}`,
    ];
    const { stdout } = await lab.onClient('curl', ...words, `https://${SERVER}:4443/api/v1/whoami`);
    expect(JSON.parse(stdout)).to.include({ name: 'curl', role: 'viewer', by: 'token' });
  });

  it('over a kill of the daemon, and a renewed certificate, without logging in again', async () => {
    await lab.stop('SIGKILL');
    rmSync(join(lab.folder, 'var/ca/server.pem'));
    await lab.start();
    expect(await ada.imagoctl('list')).to.include({ status: 0 });
  });

  it('until the token is revoked', async () => {
    expect(await onServer('token revoke eve')).to.include({ status: 0 });
    const { status, stderr } = await eve.imagoctl('list');
    expect(stderr).to.contain('this token was revoked: ask an admin for a new one (imagoctl token create)');
    expect(status).to.equal(1);
  });

  it('and no token stands in the log of the daemon, or in Git', async () => {
    const kept = readFileSync(join(lab.folder, 'ada/imago/credentials.json'), 'utf8');
    const token = /imago_[^"]+/.exec(kept)?.[0] ?? '';
    const secret = token.split('_').slice(2).join('_');
    expect(secret.length).to.be.above(20);
    expect(lab.log()).not.to.contain(secret);
    expect((await lab.git('log', '-p', '--all')).stdout).not.to.contain(secret);
  });

  it('not to a server with another CA: nothing is sent, and both fingerprints are said', async () => {
    await lab.stop();
    rmSync(join(lab.folder, 'var/ca'), { recursive: true });
    await lab.start();
    const { status, stderr } = await ada.imagoctl('list');
    expect(stderr).to.contain(`it is ${made()}, and ${fingerprint} was pinned`);
    expect(status).to.equal(4);
    expect((await onServer('refusals --no-legend')).stdout).not.to.contain('wrong-token');
  });
});

describe('mayuctl of others, over TLS on a network that nobody else reaches', function () {
  this.timeout(60_000);
  let lab: DaemonLab;
  let ca: CertificateAuthority;

  before(async () => {
    ca = CertificateAuthority.create();
    lab = await DaemonLab.create('mayutls');
    const tls = '{ trusted: true, tls: { certificate: own.crt, key: own.key } }';
    lab.configure((text) => text.replace('{ trusted: true }', tls));
    const { certificate, key } = ca.server(SERVER);
    copyFileSync(certificate, join(lab.folder, 'own.crt'));
    copyFileSync(key, join(lab.folder, 'own.key'));
    await lab.start();
    await lab.onClient('ip', 'addr', 'add', '10.75.0.150/24', 'dev', 'eth0');
    await lab.onServer('imagoctl', 'add', 'a1', '--profile', 'core');
  });
  after(async () => {
    await lab.remove();
    ca.remove();
  });

  const url = (path: string) => `https://${SERVER}:4443/admin${path}`;

  it('sends what Mayu’s own client sends, and trusts the CAs of its computer', async () => {
    const curl = (...words: string[]) => lab.onClient('curl', '-sS', '--cacert', ca.certificate, ...words);
    const listed = JSON.parse((await curl(url('/hosts'))).stdout) as readonly { readonly Serial: string }[];
    expect(listed.map(({ Serial }) => Serial)).to.deep.equal(['a1']);
    const json = ['-H', 'Content-Type: application/json', '-d', '{"Cabinet":3}'];
    const set = await curl('-X', 'PUT', '-w', '%{http_code}', ...json, url('/host/a1/set_cabinet'));
    expect(set.stdout).to.equal('202');
    expect((await lab.git('log', '-1', '--format=%s')).stdout).to.contain('a1: ');
  });

  it('is as ours with --tls-ca', async () => {
    const mayuctl = (...words: string[]) =>
      lab.onClient('env', 'XDG_CONFIG_HOME=/nonexistent', resolve('bin/mayuctl'), '--host', SERVER, ...words);
    expect(
      (await mayuctl('--tls-ca', ca.certificate, 'list', '--no-legend', '--fields=serial')).stdout,
    ).to.equal('a1\n');
    expect((await mayuctl('list')).stderr).to.contain('nobody that this computer trusts has signed it');
    expect((await mayuctl('--tls-ca=/none', 'list')).stderr).to.contain('/none cannot be read');
  });

  it('openssl shakes hands with it in the ways of an old Go: TLS 1.2, no ALPN', async () => {
    const words = ['s_client', '-connect', `${SERVER}:4443`, '-CAfile', ca.certificate, '-tls1_2', '-brief'];
    const { stderr } = await lab.onClient('sh', '-c', '"$@" </dev/null', 'sh', 'openssl', ...words);
    expect(stderr).to.contain('Verification: OK');
  });
});
