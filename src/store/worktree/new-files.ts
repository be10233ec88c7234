import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { ifPresentNow } from '../../files/if-present.js';
import { statOf } from '../../git/index-file.js';
import { isShard, nameOfFile, type KindFolder, type KindFolders } from '../layout.js';

/**
 * Milliseconds for which nobody touched a file before it is taken for whole: who copies it is done by then, and who commits it
 * with git has done so.
 */
const AT_REST_MS = 2000;

export interface NewFile {
  readonly path: string;
  /** Another one when the file is another. */
  readonly version: string;
}

/** Finds the files that somebody puts into the folders of kinds. Folders in which nothing came or went are not read again. */
export class NewFiles {
  /** When folders were changed last in which every file is known; in nanoseconds. */
  readonly #settled = new Map<string, bigint>();
  /** The shards that there are, by folder of a kind. */
  readonly #shards = new Map<string, readonly string[]>();

  constructor(
    private readonly directory: string,
    private readonly kinds: KindFolders,
  ) {}

  /** @param now milliseconds, of the clock that files are stamped by. */
  find(isKnown: (path: string) => boolean, now: number): readonly NewFile[] {
    const found: NewFile[] = [];
    for (const [name, kind] of this.kinds) {
      found.push(...this.#findIn(name, kind, isKnown, now));
      for (const shard of this.#shards.get(name) ?? [])
        found.push(...this.#findIn(`${name}/${shard}`, kind, isKnown, now));
    }
    return found;
  }

  #findIn(
    folder: string,
    kind: KindFolder,
    isKnown: (path: string) => boolean,
    now: number,
  ): readonly NewFile[] {
    const stats = statOf(join(this.directory, folder));
    if (stats && this.#settled.get(folder) === stats.mtimeNs) return [];
    this.#settled.delete(folder);
    if (stats?.isSymbolicLink()) return [];
    const entries =
      ifPresentNow(() => readdirSync(join(this.directory, folder), { withFileTypes: true })) ?? [];
    if (!folder.includes('/')) {
      const shards = entries.filter((entry) => entry.isDirectory() && isShard(entry.name));
      this.#shards.set(
        folder,
        shards.map((entry) => entry.name),
      );
    }
    const unknown = entries
      .filter(
        (entry) => (entry.isFile() || entry.isSymbolicLink()) && nameOfFile(kind, entry.name) !== undefined,
      )
      .map((entry) => `${folder}/${entry.name}`)
      .filter((path) => !isKnown(path));
    if (stats && unknown.length === 0 && now - Number(stats.mtimeMs) >= AT_REST_MS)
      this.#settled.set(folder, stats.mtimeNs);
    return unknown.flatMap((path) => {
      const file = statOf(join(this.directory, path));
      // The time that a copy cannot bring along.
      const isAtRest = file && now - Number(file.ctimeMs) >= AT_REST_MS;
      return isAtRest ? [{ path, version: file.mtimeNs.toString() }] : [];
    });
  }
}
