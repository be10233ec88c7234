import type { Stats } from 'node:fs';
import type { OpenFile } from '../images/resolve-inside.js';

const LARGEST_FILE = 256 * 1024;
const LARGEST_SUM = 64 * 1024 * 1024;

/** The bytes of small files that were asked for, for as long as the files stay the same; the longest unused go first. */
export class SmallFiles {
  readonly #files = new Map<string, { identity: string; bytes: Buffer }>();
  #sum = 0;

  /** The whole file, which is closed then; undefined for a large one, which stays open. */
  async read({ path, stats, handle }: OpenFile): Promise<Buffer | undefined> {
    if (stats.size > LARGEST_FILE) return undefined;
    const identity = identityOf(stats);
    const cached = this.#files.get(path);
    if (cached) this.#forget(path, cached.bytes);
    try {
      const bytes = cached?.identity === identity ? cached.bytes : await handle.readFile();
      if (bytes.length === stats.size) this.#keep(path, { identity, bytes });
      return bytes;
    } finally {
      await handle.close();
    }
  }

  #keep(path: string, file: { identity: string; bytes: Buffer }): void {
    const before = this.#files.get(path);
    if (before) this.#forget(path, before.bytes);
    this.#files.set(path, file);
    this.#sum += file.bytes.length;
    for (const [oldest, { bytes }] of this.#files) {
      if (this.#sum <= LARGEST_SUM) break;
      this.#forget(oldest, bytes);
    }
  }

  #forget(path: string, bytes: Buffer): void {
    if (this.#files.delete(path)) this.#sum -= bytes.length;
  }
}

function identityOf({ dev, ino, size, mtimeMs, ctimeMs }: Stats): string {
  return [dev, ino, size, mtimeMs, ctimeMs].join(':');
}
