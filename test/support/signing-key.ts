import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export interface SigningKey {
  readonly fingerprint: string;
  /** The public key as files. */
  readonly binaryFile: string;
  readonly armoredFile: string;
  detached(content: Uint8Array): Buffer;
  clearSigned(text: string): Buffer;
  /** Revokes it, and tells the file of the public key that says so. */
  revoke(): string;
  close(): void;
}

export interface SigningTimes {
  /** As in `1y`; `0` is never. */
  readonly lifetime: string;
  /** As in `20200101T000000`. */
  readonly made?: string;
  readonly signing?: string;
  /** As in `seconds=1`. */
  readonly signatureLifetime?: string;
}

/** A fresh OpenPGP key with a home of its own. */
export function makeSigningKey(
  { lifetime, made, signing, signatureLifetime }: SigningTimes = { lifetime: '0' },
): SigningKey {
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
  const at = (time: string | undefined) => (time === undefined ? [] : ['--faked-system-time', `${time}!`]);
  const sign = [
    ...at(signing),
    ...(signatureLifetime === undefined ? [] : ['--default-sig-expire', signatureLifetime]),
  ];
  gpg([
    ...at(made),
    '--quick-generate-key',
    'Image Signer <signer@example.net>',
    'ed25519',
    'sign',
    lifetime,
  ]);
  const [, fingerprint] = /^fpr:+([0-9A-F]+):/m.exec(gpg(['--with-colons', '--list-keys']).toString()) ?? [];
  if (fingerprint === undefined) throw new Error('gpg made no key');
  const [binaryFile, armoredFile] = [join(home, 'key.gpg'), join(home, 'key.asc')];
  writeFileSync(binaryFile, gpg(['--export']));
  writeFileSync(armoredFile, gpg(['--armor', '--export']));
  return {
    fingerprint,
    binaryFile,
    armoredFile,
    detached: (content) => gpg([...sign, '--detach-sign'], content),
    clearSigned: (text) => gpg([...sign, '--clear-sign'], text),
    revoke() {
      const certificate = readFileSync(join(home, 'openpgp-revocs.d', `${fingerprint}.rev`), 'utf8');
      gpg(['--import'], certificate.replace(/^:(?=-----)/m, ''));
      const file = join(home, 'revoked.gpg');
      writeFileSync(file, gpg(['--export']));
      return file;
    },
    close: () => {
      execFileSync('gpgconf', ['--homedir', home, '--kill', 'all'], { stdio: 'ignore' });
      rmSync(home, { recursive: true, force: true });
    },
  };
}
