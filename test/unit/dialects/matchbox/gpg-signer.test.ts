import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { openGpgSigner } from '../../../../src/dialects/matchbox/programs/gpg-signer.js';
import { rejection } from '../../../support/rejection.js';

describe('a key ring of matchbox that cannot sign', () => {
  let home: string;
  let keyRing: string;

  before(() => {
    // Short: the agent's socket stands in it.
    home = mkdtempSync(join(tmpdir(), 'gpg-'));
    keyRing = join(home, 'ring.gpg');
    const gpg = (...words: string[]) =>
      execFileSync(
        'gpg',
        [
          '--homedir',
          home,
          '--batch',
          '--pinentry-mode',
          'loopback',
          '--passphrase',
          'open sesame',
          ...words,
        ],
        { stdio: ['ignore', 'pipe', 'ignore'] },
      );
    gpg('--quick-generate-key', 'Rack <rack@example.net>', 'ed25519', 'sign', '0');
    writeFileSync(keyRing, gpg('--export-secret-keys'));
  });
  after(() => {
    execFileSync('gpgconf', ['--homedir', home, '--kill', 'all'], { stdio: 'ignore' });
    rmSync(home, { recursive: true, force: true });
  });

  const open = (passphrase: string, ring = keyRing) =>
    openGpgSigner({ keyRing: ring, home: join(home, 'own'), passphrase, reach: () => undefined });
  const saidOf = async (passphrase: string, ring?: string) =>
    (await rejection(open(passphrase, ring))).message.replaceAll(home, 'HOME');

  it('for want of a passphrase names the variable that it belongs in', async () => {
    expect(await saidOf('')).to.equal(
      'matchbox.keyRing: the key in HOME/ring.gpg has a passphrase: set the environment variable MATCHBOX_PASSPHRASE to it',
    );
    expect(await saidOf('wrong')).to.equal(
      'matchbox.keyRing: the environment variable MATCHBOX_PASSPHRASE is not the passphrase of the key in HOME/ring.gpg',
    );
    const signer = await open('open sesame');
    await signer.close();
  });

  it('leaves nothing in the folder of gpg, also not what a daemon that was killed left', async () => {
    const own = join(home, 'own');
    mkdirSync(own, { mode: 0o755 });
    writeFileSync(join(own, 'pubring.kbx'), 'torn');
    const signer = await open('open sesame');
    expect(statSync(own).mode & 0o777).to.equal(0o700);
    await signer.close();
    expect(existsSync(own)).to.equal(false);
  });

  it('says so where the path of its folder is too long for the socket of gpg-agent', async () => {
    const long = join(home, 'x'.repeat(90));
    const parts = { keyRing, home: long, passphrase: '', reach: () => undefined };
    expect((await rejection(openGpgSigner(parts))).message).to.match(
      /give paths\.state a path of 80 bytes at most/,
    );
  });

  it('says that it is not there in a sentence', async () => {
    expect(await saidOf('', join(home, 'none'))).to.equal(
      'matchbox.keyRing: HOME/none cannot be read: there is no such file; write it with gpg --export-secret-keys, or name another',
    );
  });

  it('says once what gpg says twice', async () => {
    writeFileSync(join(home, 'junk'), 'no key\n');
    const said = await saidOf('', join(home, 'junk'));
    const parts = said.replace('matchbox.keyRing: gpg says: ', '').split(' | ');
    expect(said).to.include('no valid OpenPGP data found');
    expect(new Set(parts).size).to.equal(parts.length);
  });
});
