import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { generateKeyPairSync } from 'node:crypto';
import { createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { writeCredentials } from '../../../src/cli/credentials.js';
import { doorTo } from '../../../src/cli/door.js';
import { CertificateAuthority } from '../../support/certificates.js';
import { rejection } from '../../support/rejection.js';

const FINGERPRINT = `${'AA:'.repeat(31)}AA`;
const PEM = '-----BEGIN CERTIFICATE-----\n';

describe('cli/door', () => {
  let folder: string;
  let environment: Record<string, string>;
  let authority: CertificateAuthority;
  const servers: Server[] = [];

  before(async () => {
    authority = CertificateAuthority.create();
    folder = mkdtempSync(join(tmpdir(), 'door-'));
    environment = { XDG_CONFIG_HOME: folder };
    writeFileSync(join(folder, 'ca.crt'), PEM);
    writeFileSync(join(folder, 'notes'), 'buy milk');
    const login = { token: 'imago_1_x', trust: { fingerprint: FINGERPRINT } };
    await writeCredentials(join(folder, 'imago/credentials.json'), new Map([['rack1:4443', login]]));
  });
  after(() => {
    for (const server of servers) server.close();
    authority.remove();
    rmSync(folder, { recursive: true });
  });

  const to = (words: { host?: string; port?: string; tls?: boolean }, more: Record<string, string> = {}) =>
    doorTo(words, '/nowhere', { ...environment, ...more });

  it('takes what a login kept for that host and port, and for no other', async () => {
    expect(await to({ host: 'RACK1' })).to.deep.equal({
      baseUrl: 'https://RACK1:4443',
      token: 'imago_1_x',
      trust: { fingerprint: FINGERPRINT },
    });
    for (const words of [{ host: 'rack1', port: '4444' }, { host: 'rack2' }]) {
      expect(await to(words))
        .to.include({ trust: undefined })
        .and.to.not.have.any.keys('token', 'identity');
    }
  });

  it('takes neither to plain HTTP', async () => {
    const door = await to({ host: 'rack1', port: '4443', tls: false }, { IMAGO_TOKEN: 'imago_2_y' });
    expect(door).to.deep.equal({ baseUrl: 'http://rack1:4443' });
  });

  for (const { what, more, want } of [
    {
      what: 'a token',
      more: () => ({ IMAGO_TOKEN: 'imago_2_y' }),
      want: { token: 'imago_2_y', trust: { fingerprint: FINGERPRINT } },
    },
    {
      what: 'a fingerprint',
      more: () => ({ IMAGO_FINGERPRINT: 'bb'.repeat(32) }),
      want: { token: 'imago_1_x', trust: { fingerprint: FINGERPRINT.replaceAll('A', 'B') } },
    },
    {
      what: 'the file of a CA',
      more: () => ({ IMAGO_TLS_CA: join(folder, 'ca.crt') }),
      want: { token: 'imago_1_x', trust: { authorities: PEM } },
    },
  ]) {
    it(`has ${what} of the environment come before the login`, async () => {
      expect(await to({ host: 'rack1' }, more())).to.deep.include(want);
    });
  }

  for (const { more, says } of [
    {
      more: { IMAGO_FINGERPRINT: 'abc' },
      says: "'abc' is not the SHA-256 of a certificate: write IMAGO_FINGERPRINT",
    },
    { more: { IMAGO_TLS_CA: '/none' }, says: 'IMAGO_TLS_CA: /none cannot be read' },
  ]) {
    it(`refuses ${JSON.stringify(more)}`, async () => {
      expect((await rejection(to({ host: 'rack1' }, more))).message).to.contain(says);
    });
  }

  it('refuses a file of a CA that holds none', async () => {
    const file = join(folder, 'notes');
    const failure = await rejection(to({ host: 'rack1' }, { IMAGO_TLS_CA: file }));
    expect(failure.message).to.equal(`IMAGO_TLS_CA: ${file} holds no certificate in PEM`);
  });

  it('shows a certificate of the environment in place of the login’s token', async () => {
    const made = authority.client('/CN=ci');
    const files = { IMAGO_TLS_CERT: made.certificate, IMAGO_TLS_KEY: made.key };
    const [certificate, key] = [readFileSync(made.certificate, 'utf8'), readFileSync(made.key, 'utf8')];
    chmodSync(made.key, 0o600);
    expect(await to({ host: 'rack1' }, files)).to.deep.equal({
      baseUrl: 'https://rack1:4443',
      trust: { fingerprint: FINGERPRINT },
      identity: { certificate, key },
    });
    for (const { more, says } of [
      { more: { IMAGO_TLS_CERT: files.IMAGO_TLS_CERT }, says: 'go together: set both' },
      { more: { ...files, IMAGO_TLS_KEY: join(folder, 'notes') }, says: 'holds no private key in PEM' },
    ]) {
      expect((await rejection(to({ host: 'rack1' }, more))).message).to.contain(says);
    }
    chmodSync(files.IMAGO_TLS_KEY, 0o640);
    expect((await rejection(to({ host: 'rack1' }, files))).message).to.contain(
      `may be used by others: chmod 600 ${files.IMAGO_TLS_KEY}`,
    );
  });

  describe('says what is wrong with files to be shown', () => {
    const files = (certificate: string, key: string) => {
      chmodSync(key, 0o600);
      return to({ host: 'rack1' }, { IMAGO_TLS_CERT: certificate, IMAGO_TLS_KEY: key });
    };
    const written = (name: string, text: string) => {
      writeFileSync(join(folder, name), text, { mode: 0o600 });
      return join(folder, name);
    };

    it('that do not go together', async () => {
      const [ours, others] = [authority.client('/CN=ci', 'ci'), authority.client('/CN=ops', 'ops')];
      expect((await rejection(files(ours.certificate, others.key))).message).to.equal(
        `IMAGO_TLS_CERT and IMAGO_TLS_KEY: the key in ${others.key} is not the one of the certificate in ${ours.certificate}: give the two that were made together`,
      );
    });

    it('that are no certificate and no key, for all their PEM', async () => {
      const { certificate, key } = authority.client('/CN=ci', 'ci');
      const [torn, tornKey] = [
        written('torn.crt', `${PEM}AAAA\n-----END CERTIFICATE-----\n`),
        written('torn.key', '-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n'),
      ];
      expect((await rejection(files(torn, key))).message).to.contain(
        `${torn} holds no certificate that can be read`,
      );
      expect((await rejection(files(certificate, tornKey))).message).to.contain(
        `${tornKey} holds no key that can be read`,
      );
    });

    for (const type of ['pkcs8', 'sec1'] as const) {
      it(`that are a key with a passphrase, as ${type}`, async () => {
        const { certificate, key } = authority.client('/CN=ci', 'ci');
        const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
        const cipher = { cipher: 'aes-256-cbc', passphrase: 'moon' };
        const locked = written('locked.key', String(privateKey.export({ type, format: 'pem', ...cipher })));
        expect(readFileSync(key, 'utf8')).to.not.contain('ENCRYPTED');
        expect((await rejection(files(certificate, locked))).message).to.contain(
          `${locked} is encrypted: give the key without its passphrase`,
        );
      });
    }
  });

  describe('where nobody names a server, and no daemon is here', () => {
    const kept = async (...servers: string[]) => {
      const home = mkdtempSync(join(folder, 'home-'));
      const logins = servers.map((server) => [server, { token: `imago_${server}` }] as const);
      await writeCredentials(join(home, 'imago/credentials.json'), new Map(logins));
      return (more: Record<string, string> = {}) =>
        doorTo({}, '/nowhere', { XDG_CONFIG_HOME: home, ...more });
    };

    it('means that of the one login that is kept', async () => {
      expect(await (await kept('rack1:8443'))()).to.include({
        baseUrl: 'https://rack1:8443',
        token: 'imago_rack1:8443',
      });
      expect(await (await kept('fd00::1:4443'))()).to.include({ baseUrl: 'https://[fd00::1]:4443' });
    });

    it('means this computer where a login is kept of it, or none', async () => {
      for (const servers of [[], ['rack1:4443', 'localhost:4443']])
        expect(await (await kept(...servers))()).to.include({ baseUrl: 'https://localhost:4443' });
    });

    it('names those of several, for one to be chosen', async () => {
      const door = await kept('rack2:4443', 'rack1:4443');
      expect((await rejection(door())).message).to.equal(
        'logins are kept of several servers (rack1:4443, rack2:4443): name one with --host or IMAGO_HOST',
      );
      expect(await door({ IMAGO_HOST: 'rack2' })).to.include({ token: 'imago_rack2:4443' });
    });

    it('shows what the environment has to none that a login alone names', async () => {
      const door = await kept('rack1:4443');
      expect(await door({ IMAGO_TOKEN: 'imago_2_y' })).to.include({ baseUrl: 'https://localhost:4443' });
    });
  });

  it('goes through the socket of the installation where it is there', async () => {
    const root = join(folder, 'installation');
    mkdirSync(join(root, 'var'), { recursive: true });
    expect(await doorTo({}, root, environment)).to.include({ baseUrl: 'https://rack1:4443' });
    const server = createServer();
    servers.push(server);
    await new Promise<void>((resolve) => server.listen(join(root, 'var/admin.sock'), resolve));
    const socketPath = join(root, 'var/admin.sock');
    expect(await doorTo({}, root, environment)).to.deep.equal({ baseUrl: 'http://localhost', socketPath });
    expect(await doorTo({ host: 'rack2' }, root, environment)).to.include({ baseUrl: 'https://rack2:4443' });
  });
});
