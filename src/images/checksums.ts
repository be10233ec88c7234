import { createHash } from 'node:crypto';
import type { Stats } from 'node:fs';
import { identityOf } from './file-identity.js';
import type { OpenFile } from '../files/open-inside.js';

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
    const digest = computed(file);
    this.#digests.set(name, { identity: identityOf(file.stats), digest });
    try {
      return await digest;
    } catch (error) {
      if (this.#digests.get(name)?.digest === digest) this.#digests.delete(name);
      throw error;
    }
  }
}

async function computed({ handle }: OpenFile): Promise<string> {
  const hash = createHash('sha256');
  for await (const chunk of handle.createReadStream({ start: 0, highWaterMark: 1 << 20 })) {
    hash.update(chunk as Uint8Array);
  }
  return hash.digest('hex');
}
