import { spawnSync } from 'node:child_process';
import { chownSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect } from 'chai';

const RUN = fileURLToPath(new URL('../support/own-ca-run.js', import.meta.url));
/** One thread for files: so calls come in one order. */
const env = { ...process.env, UV_THREADPOOL_SIZE: '1' };

describe('the CA that imago makes for itself', function () {
  this.timeout(60_000);
  let top: string;
  const folder = () => join(top, 'ca');
  const at = (name: string) => join(folder(), name);

  beforeEach(() => (top = mkdtempSync(join(tmpdir(), 'own-ca-kills-'))));
  afterEach(() => rmSync(top, { recursive: true }));

  const open = () => spawnSync('node', [RUN, folder()], { env, encoding: 'utf8' });
  const openssl = (...words: string[]) => spawnSync('openssl', words, { encoding: 'utf8' }).stdout.trim();

  function expectWhole(): void {
    const { status, stderr } = open();
    expect(status, stderr).to.equal(0);
    expect(openssl('verify', '-CAfile', at('ca.crt'), at('server.pem'))).to.equal(`${at('server.pem')}: OK`);
    for (const [certificate, key] of [
      ['ca.crt', 'ca.key'],
      ['server.pem', 'server.pem'],
    ] as const) {
      expect(openssl('pkey', '-in', at(key), '-pubout')).to.equal(
        openssl('x509', '-in', at(certificate), '-pubkey', '-noout'),
      );
    }
    expect(readdirSync(folder())).to.have.members(['ca.key', 'ca.crt', 'server.pem']);
  }

  for (const { call, times } of [
    { call: 'mkdir', times: 1 },
    { call: 'fsync', times: 6 },
    { call: 'rename', times: 3 },
  ]) {
    for (let time = 1; time <= times; time += 1) {
      it(`is whole after a kill -9 at ${call} number ${time} of its making`, () => {
        const inject = `inject=${call}:signal=KILL:when=${time}`;
        const words = ['-f', '-o', '/dev/null', '-P', folder(), '-P', top];
        const files = ['ca.key', 'ca.crt', 'server.pem'].flatMap((name) => [
          '-P',
          at(name),
          '-P',
          at(`${name}.new`),
        ]);
        const killed = spawnSync(
          'strace',
          [...words, ...files, '-e', `trace=${call}`, '-e', inject, 'node', RUN, folder()],
          { env, encoding: 'utf8' },
        );
        expect(killed.signal ?? killed.status, killed.stderr).to.equal('SIGKILL');
        const ca = existsSync(at('ca.crt')) ? readFileSync(at('ca.crt'), 'utf8') : undefined;
        expectWhole();
        if (ca !== undefined) expect(readFileSync(at('ca.crt'), 'utf8'), 'clients may know it').to.equal(ca);
      });
    }
  }

  it('is refused where it is another user’s, who could put another there', () => {
    expectWhole();
    chownSync(folder(), 65534, 65534);
    const { status, stderr } = open();
    expect(status).to.equal(1);
    expect(stderr).to.include(
      `${folder()}, of the CA for operators, cannot be used: it belongs to the user 65534`,
    );
    expect(stderr).to.include(`chown -R 0 ${folder()}`);
  });
});
