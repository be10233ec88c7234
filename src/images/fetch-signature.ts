import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { cleanText, errorCode, ImagoError } from '../errors.js';
import { SignatureBad } from './fetch-errors.js';

export class KeyUnusable extends ImagoError {
  readonly code = 'KEY_UNUSABLE';

  constructor(file: string, reason: string) {
    super(`the key ${file} cannot be used (${reason}): export it with gpg --export --output ${file} KEY`, {
      file,
      reason,
    });
  }
}

export class GpgvMissing extends ImagoError {
  readonly code = 'GPGV_MISSING';

  constructor(reason: string) {
    super(`gpgv cannot be started (${reason}): install the package gpgv on this server`, { reason });
  }
}

interface Signed {
  /** For messages. */
  readonly what: string;
  /** Files of OpenPGP keys, binary or armored; nobody else's signature counts, whatever keyrings the user has. */
  readonly keys: readonly string[];
}

/**
 * Checks a detached signature.
 * @returns the fingerprint of the key that made it, upper-case hex
 * @throws SignatureBad, KeyUnusable, GpgvMissing
 */
export function checkDetached(
  { what, keys }: Signed,
  file: string,
  signature: Uint8Array,
  signal?: AbortSignal,
): Promise<string> {
  return withKeyrings(keys, async (home, keyrings) => {
    const path = join(home, 'signature');
    await writeFile(path, signature);
    return runGpgv(what, home, [...keyrings, path, file], signal);
  });
}

/** Checks a text that carries its signature; returns only what is really signed of it. @throws as checkDetached */
export function checkClearSigned(
  { what, keys }: Signed,
  text: Uint8Array,
): Promise<{ text: string; by: string }> {
  return withKeyrings(keys, async (home, keyrings) => {
    const [signed, plain] = [join(home, 'signed'), join(home, 'plain')];
    await writeFile(signed, text);
    const by = await runGpgv(what, home, ['--output', plain, ...keyrings, signed]);
    return { text: await readFile(plain, 'utf8'), by };
  });
}

async function withKeyrings<T>(
  keys: readonly string[],
  act: (home: string, keyrings: readonly string[]) => Promise<T>,
): Promise<T> {
  const home = await mkdtemp(join(tmpdir(), 'imago-keys-'));
  try {
    const keyrings: string[] = [];
    for (const [index, key] of keys.entries()) {
      const ring = join(home, `ring${index}.gpg`);
      await writeFile(ring, await binaryKey(key));
      keyrings.push('--keyring', ring);
    }
    return await act(home, keyrings);
  } finally {
    await rm(home, { recursive: true, force: true });
  }
}

async function runGpgv(
  what: string,
  home: string,
  rest: readonly string[],
  signal?: AbortSignal,
): Promise<string> {
  const { execa } = await import('execa'); // not at the start: see docs/decisions/start.md
  const result = await execa('gpgv', ['--homedir', home, '--status-fd', '1', ...rest], {
    env: { LC_ALL: 'C', PATH: process.env['PATH'] ?? '' },
    extendEnv: false,
    stdin: 'ignore',
    reject: false,
    maxBuffer: 1 << 20,
    ...(signal && { cancelSignal: signal }),
  });
  signal?.throwIfAborted();
  if (result.exitCode === undefined && result.signal === undefined) {
    throw new GpgvMissing(result.code ?? 'unknown reason');
  }
  // doc/DETAILS of GnuPG: the last field of VALIDSIG is the fingerprint of the primary key.
  const [, fingerprint] = /^\[GNUPG:\] VALIDSIG .*\b([0-9A-F]{40,64})$/m.exec(result.stdout) ?? [];
  if (result.exitCode === 0 && fingerprint !== undefined) return fingerprint;
  throw new SignatureBad(what, reasonOf(result.stdout, result.stderr));
}

const reasons: readonly (readonly [RegExp, string])[] = [
  [/^\[GNUPG:\] BADSIG/m, 'the bytes are not those that were signed'],
  [/^\[GNUPG:\] (?:EXPKEYSIG|KEYEXPIRED)/m, 'its key has expired'],
  [/^\[GNUPG:\] REVKEYSIG/m, 'its key was revoked'],
  [/^\[GNUPG:\] EXPSIG/m, 'it has expired'],
  [/^\[GNUPG:\] (?:NO_PUBKEY|ERRSIG)/m, 'it is by a key that is not configured'],
  [/^\[GNUPG:\] NODATA/m, 'there is no signature in it'],
];

function reasonOf(status: string, complaint: string): string {
  const known = reasons.find(([pattern]) => pattern.test(status));
  return known?.[1] ?? cleanText(complaint.trim().split('\n').at(-1) ?? '').slice(0, 200);
}

/** gpgv reads binary keys only. RFC 9580 §6.2, ASCII armor. */
async function binaryKey(file: string): Promise<Uint8Array> {
  const bytes = await readFile(file).catch((error: unknown) => {
    throw new KeyUnusable(file, errorCode(error) ?? String(error));
  });
  const text = bytes.toString('latin1');
  if (!text.includes('-----BEGIN PGP PUBLIC KEY BLOCK-----')) {
    // A packet's first octet has its highest bit set (RFC 9580 §4.2).
    if (((bytes[0] ?? 0) & 0x80) === 0) throw new KeyUnusable(file, 'it is not an OpenPGP key');
    return bytes;
  }
  const blocks = text.matchAll(
    /-----BEGIN PGP PUBLIC KEY BLOCK-----\r?\n(?:[^\r\n]+\r?\n)*\r?\n([A-Za-z0-9+/=\s]+?)\r?\n(?:=[A-Za-z0-9+/]{4}\s*)?-----END/g,
  );
  const keys = [...blocks].map(([, body]) => Buffer.from(body ?? '', 'base64'));
  if (keys.length === 0) throw new KeyUnusable(file, 'its armor is damaged');
  return Buffer.concat(keys);
}
