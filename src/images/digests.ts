import { createHash } from 'node:crypto';
import { createReadStream, type Stats } from 'node:fs';
import { identityOf } from '../files/file-identity.js';
import type { OpenFile } from '../files/open-inside.js';

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
  const stream = createReadStream(path, { highWaterMark: AT_A_TIME, ...(signal && { signal }) });
  const [sha256 = '', sha512 = ''] = await hexOf(stream, ['sha256', 'sha512']);
  return { sha256, sha512 };
}

const AT_A_TIME = 1 << 20;

async function hexOf(stream: AsyncIterable<unknown>, algorithms: readonly string[]): Promise<string[]> {
  const hashes = algorithms.map((algorithm) => createHash(algorithm));
  for await (const chunk of stream) for (const hash of hashes) hash.update(chunk as Uint8Array);
  return hashes.map((hash) => hash.digest('hex'));
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

/** `SHA256SUMS` as `sha256sum` writes it: digest, blank, blank or `*`, name. Other lines are passed over. */
export function parseSha256Sums(text: string): ReadonlyMap<string, string> {
  const lines = text.split('\n').map((line) => /^([0-9a-f]{64}) [ *](?:\.\/)?(.+?)\r?$/i.exec(line));
  return new Map(
    lines.flatMap((match) => {
      const [, digest, name] = match ?? [];
      return digest !== undefined && name !== undefined ? [[name, digest.toLowerCase()] as const] : [];
    }),
  );
}

/** Digests of files, each computed once for as long as the file stays the same; who asks meanwhile waits for the same computation. */
export class Sha256Cache {
  readonly #digests = new Map<string, { identity: string; digest: Promise<string> }>();

  /** Undefined when the file of that name was never computed, or is another one by now. */
  known(name: string, stats: Stats): Promise<string> | undefined {
    const cached = this.#digests.get(name);
    return cached?.identity === identityOf(stats) ? cached.digest : undefined;
  }

  /** Closes the file. */
  async digestOf(name: string, file: OpenFile): Promise<string> {
    const known = this.known(name, file.stats);
    if (known) {
      await file.handle.close();
      return known;
    }
    const stream = file.handle.createReadStream({ start: 0, highWaterMark: AT_A_TIME });
    const digest = hexOf(stream, ['sha256']).then(([sha256 = '']) => sha256);
    this.#digests.set(name, { identity: identityOf(file.stats), digest });
    try {
      return await digest;
    } catch (error) {
      if (this.#digests.get(name)?.digest === digest) this.#digests.delete(name);
      throw error;
    }
  }
}
