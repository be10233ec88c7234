import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';

/** In lower-case hex; what is not promised is left out. */
export interface Digests {
  readonly sha256?: string | undefined;
  readonly sha512?: string | undefined;
}

export interface ActualDigests {
  readonly sha256: string;
  readonly sha512: string;
}

/** Both digests of a file in one reading. */
export async function digestsOf(path: string, signal?: AbortSignal): Promise<ActualDigests> {
  const [sha256, sha512] = [createHash('sha256'), createHash('sha512')];
  const stream = createReadStream(path, { highWaterMark: 1 << 20, ...(signal && { signal }) });
  for await (const chunk of stream) {
    sha256.update(chunk as Uint8Array);
    sha512.update(chunk as Uint8Array);
  }
  return { sha256: sha256.digest('hex'), sha512: sha512.digest('hex') };
}

/** What is wrong, in words; undefined when all that is promised holds. */
export function mismatch(promised: Digests, actual: ActualDigests): string | undefined {
  for (const name of ['sha256', 'sha512'] as const) {
    const wanted = promised[name]?.toLowerCase();
    if (wanted !== undefined && wanted !== actual[name]) {
      return `its ${name === 'sha256' ? 'SHA-256' : 'SHA-512'} is ${actual[name]}, not ${wanted}`;
    }
  }
  return undefined;
}

export function isPromised({ sha256, sha512 }: Digests): boolean {
  return sha256 !== undefined || sha512 !== undefined;
}

/** Flatcar's `.DIGESTS`: sections headed `# SHA512 HASH`, lines as `sha512sum` writes them. */
export function parseDigestsFile(text: string, name: string): Digests {
  let algorithm = '';
  const found: { sha256?: string; sha512?: string } = {};
  for (const line of text.split('\n')) {
    const [, heading] = /^# (\w+) HASH/.exec(line) ?? [];
    if (heading !== undefined) algorithm = heading;
    const [, digest, file] = /^([0-9a-f]+) [ *](\S+)\s*$/i.exec(line) ?? [];
    if (digest === undefined || file !== name) continue;
    if (algorithm === 'SHA256' && digest.length === 64) found.sha256 = digest.toLowerCase();
    if (algorithm === 'SHA512' && digest.length === 128) found.sha512 = digest.toLowerCase();
  }
  return found;
}
