import type { Stats } from 'node:fs';
import { identityOf, statsAt } from '../files/file-identity.js';
import type { OpenFile } from '../files/open-inside.js';
import { readAtMost } from '../files/read-plain.js';

const LARGEST_FILE = 256 * 1024;
const LARGEST_SUM = 64 * 1024 * 1024;

export interface SmallFile {
  readonly stats: Stats;
  readonly bytes: Buffer;
}

/**
 * The bytes of small files that were asked for, for as long as the files stay the same; the longest unused go first. `name` is
 * the path by which a file was asked for: symbolic links may lead it elsewhere any time.
 */
export class SmallFiles {
  readonly #files = new Map<string, SmallFile>();
  #sum = 0;

  /** A file that was read before and is still the one that its name leads to: one look at the disk. */
  async unchanged(name: string): Promise<SmallFile | undefined> {
    const known = this.#files.get(name);
    if (!known) return undefined;
    const stats = await statsAt(name);
    if (stats && identityOf(stats) === identityOf(known.stats)) return known;
    this.#forget(name);
    return undefined;
  }

  /** The whole file, which is closed then; undefined for a large one, which stays open. */
  async read(name: string, { stats, handle }: OpenFile): Promise<SmallFile | undefined> {
    if (stats.size > LARGEST_FILE) return undefined;
    try {
      const file = { stats, bytes: await readAtMost(handle, stats.size, LARGEST_FILE) };
      if (file.bytes.length === stats.size) this.#keep(name, file);
      return file;
    } finally {
      await handle.close();
    }
  }

  #keep(name: string, file: SmallFile): void {
    this.#forget(name);
    this.#files.set(name, file);
    this.#sum += file.bytes.length;
    for (const oldest of this.#files.keys()) {
      if (this.#sum <= LARGEST_SUM) break;
      this.#forget(oldest);
    }
  }

  #forget(name: string): void {
    this.#sum -= this.#files.get(name)?.bytes.length ?? 0;
    this.#files.delete(name);
  }
}
