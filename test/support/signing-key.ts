import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export interface SigningKey {
  readonly fingerprint: string;
  /** The public key as files. */
  readonly binaryFile: string;
  readonly armoredFile: string;
  detached(content: Uint8Array): Buffer;
  clearSigned(text: string): Buffer;
  close(): void;
}

/** A fresh OpenPGP key with a home of its own. */
export function makeSigningKey(): SigningKey {
  // Short: the agent's socket stands in it.
  const home = mkdtempSync(join(tmpdir(), 'gpg-'));
  const gpg = (argv: readonly string[], input?: Uint8Array | string) =>
    execFileSync(
      'gpg',
      ['--homedir', home, '--batch', '--quiet', '--pinentry-mode', 'loopback', '--passphrase', '', ...argv],
      {
        stdio: ['pipe', 'pipe', 'ignore'],
        ...(input !== undefined && { input }),
      },
    );
  gpg(['--quick-generate-key', 'Image Signer <signer@example.net>', 'ed25519', 'sign', '0']);
  const [, fingerprint] = /^fpr:+([0-9A-F]+):/m.exec(gpg(['--with-colons', '--list-keys']).toString()) ?? [];
  if (fingerprint === undefined) throw new Error('gpg made no key');
  const [binaryFile, armoredFile] = [join(home, 'key.gpg'), join(home, 'key.asc')];
  writeFileSync(binaryFile, gpg(['--export']));
  writeFileSync(armoredFile, gpg(['--armor', '--export']));
  return {
    fingerprint,
    binaryFile,
    armoredFile,
    detached: (content) => gpg(['--detach-sign'], content),
    clearSigned: (text) => gpg(['--clear-sign'], text),
    close: () => {
      execFileSync('gpgconf', ['--homedir', home, '--kill', 'all'], { stdio: 'ignore' });
      rmSync(home, { recursive: true, force: true });
    },
  };
}
