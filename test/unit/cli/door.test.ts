import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { writeCredentials } from '../../../src/cli/credentials.js';
import { doorTo } from '../../../src/cli/door.js';
import { rejection } from '../../support/rejection.js';

const FINGERPRINT = `${'AA:'.repeat(31)}AA`;
const PEM = '-----BEGIN CERTIFICATE-----\n';

describe('cli/door', () => {
  let folder: string;
  let environment: Record<string, string>;
  const servers: Server[] = [];

  before(async () => {
    folder = mkdtempSync(join(tmpdir(), 'door-'));
    environment = { XDG_CONFIG_HOME: folder };
    writeFileSync(join(folder, 'ca.crt'), PEM);
    writeFileSync(join(folder, 'notes'), 'buy milk');
    const login = { token: 'imago_1_x', trust: { fingerprint: FINGERPRINT } };
    await writeCredentials(join(folder, 'imago/credentials.json'), new Map([['rack1:4443', login]]));
  });
  after(() => {
    for (const server of servers) server.close();
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
    const files = { IMAGO_TLS_CERT: join(folder, 'ca.crt'), IMAGO_TLS_KEY: join(folder, 'key') };
    const key = '-----BEGIN PRIVATE KEY-----\n';
    writeFileSync(files.IMAGO_TLS_KEY, key, { mode: 0o600 });
    expect(await to({ host: 'rack1' }, files)).to.deep.equal({
      baseUrl: 'https://rack1:4443',
      trust: { fingerprint: FINGERPRINT },
      identity: { certificate: PEM, key },
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

  it('goes through the socket of the installation where it is there', async () => {
    const root = join(folder, 'installation');
    mkdirSync(join(root, 'var'), { recursive: true });
    expect(await doorTo({}, root, environment)).to.include({ baseUrl: 'https://localhost:4443' });
    const server = createServer();
    servers.push(server);
    await new Promise<void>((resolve) => server.listen(join(root, 'var/admin.sock'), resolve));
    const socketPath = join(root, 'var/admin.sock');
    expect(await doorTo({}, root, environment)).to.deep.equal({ baseUrl: 'http://localhost', socketPath });
    expect(await doorTo({ host: 'rack2' }, root, environment)).to.include({ baseUrl: 'https://rack2:4443' });
  });
});
