import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { cleanText, errorCode, ImagoError } from '../errors.js';
import { SignatureBad } from './errors.js';

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
    return signerOf(what, home, keyrings, [path, file], signal);
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
    const by = await signerOf(what, home, keyrings, [signed], undefined, plain);
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
      keyrings.push(ring);
    }
    return await act(home, keyrings);
  } finally {
    await rm(home, { recursive: true, force: true });
  }
}

/** A key that one of the files revokes is worth nothing, whatever an older copy of it in another file says: gpgv looks only at the first. */
async function signerOf(
  what: string,
  home: string,
  keyrings: readonly string[],
  files: readonly string[],
  signal: AbortSignal | undefined,
  output?: string,
): Promise<string> {
  const gpgv = (rings: readonly string[], options: readonly string[]) =>
    runGpgv(
      [...options, '--homedir', home, ...rings.flatMap((ring) => ['--keyring', ring]), ...files],
      signal,
    );
  const { exitCode, stdout, stderr } = await gpgv(keyrings, output === undefined ? [] : ['--output', output]);
  const found = signaturesIn(stdout);
  const signer = exitCode === 0 ? found.find(holds)?.signer : undefined;
  if (signer === undefined) throw new SignatureBad(what, reasonOf(stdout, stderr));
  for (const ring of keyrings.length > 1 ? keyrings : []) {
    const alone = await gpgv([ring], ['--output', join(home, 'unread')]);
    if (
      signaturesIn(alone.stdout).some((other) => other.signer === signer && other.verdict === 'REVKEYSIG')
    ) {
      throw new SignatureBad(what, REVOKED);
    }
  }
  return signer;
}

/** One signature, as gpgv's status tells of it (doc/DETAILS of GnuPG). */
interface StatedSignature {
  /** `GOODSIG`, or what is wrong with it: of each signature gpgv says one such word. */
  readonly verdict: string | undefined;
  /** Fingerprint of the primary key, where the bytes are those that it signed: VALIDSIG says no more than that. */
  readonly signer: string | undefined;
  /** Seconds since 1970. */
  readonly madeAt: number;
  readonly keyExpiredAt: number | undefined;
}

function signaturesIn(status: string): StatedSignature[] {
  const [, ...each] = status.split(/^\[GNUPG:\] NEWSIG.*$/m);
  return each.map((text) => {
    const [, verdict] = /^\[GNUPG:\] (GOODSIG|EXPSIG|EXPKEYSIG|REVKEYSIG|BADSIG|ERRSIG) /m.exec(text) ?? [];
    const [, madeAt, signer] =
      /^\[GNUPG:\] VALIDSIG [0-9A-F]+ \S+ (\d+) .*\b([0-9A-F]{40,64})$/m.exec(text) ?? [];
    const [, keyExpiredAt] = /^\[GNUPG:\] KEYEXPIRED (\d+)$/m.exec(text) ?? [];
    return {
      verdict,
      signer,
      madeAt: Number(madeAt),
      keyExpiredAt: keyExpiredAt === undefined ? undefined : Number(keyExpiredAt),
    };
  });
}

/** What a key signed before it expired stays signed: images are kept for longer than the keys of their year. */
function holds({ verdict, signer, madeAt, keyExpiredAt }: StatedSignature): boolean {
  if (signer === undefined) return false;
  if (verdict === 'EXPKEYSIG') return keyExpiredAt !== undefined && madeAt < keyExpiredAt;
  return verdict === 'GOODSIG';
}

async function runGpgv(rest: readonly string[], signal: AbortSignal | undefined) {
  const { execa } = await import('execa'); // not at the start: see docs/decisions/start.md
  const result = await execa('gpgv', ['--status-fd', '1', ...rest], {
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
  return result;
}

const REVOKED = 'its key was revoked';

const reasons: readonly (readonly [RegExp, string])[] = [
  [/^\[GNUPG:\] BADSIG/m, 'the bytes are not those that were signed'],
  [/^\[GNUPG:\] REVKEYSIG/m, REVOKED],
  [/^\[GNUPG:\] (?:EXPKEYSIG|KEYEXPIRED)/m, 'its key had expired when it was made'],
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
