import { existsSync, readFileSync, statSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { inflateSync } from 'node:zlib';
import { namesIn } from '../files/if-present.js';
import { errorCode, ImagoError, isMissing } from '../errors.js';
import { DamagedObject, ObjectTooLarge } from './errors.js';
import { rawIdOf, type GitObject, type GitObjectType, type ObjectId } from './object.js';
import { EntryTooLarge, PackFile, type ReadBase } from './pack-file.js';
import { requireKnownFormat } from './repository-format.js';

/** Packs whose files are kept open. Where nothing joins them there may be thousands. */
const MOST_OPEN = 128;
/** Bytes before the content of a loose object: type and length. */
const LONGEST_TITLE = 64;

/**
 * Reads loose and packed objects, without the `git` command. Packs come and go under it (a batch of changes is a new
 * pack, a repack replaces many), so a miss looks at the folder again before it is believed.
 */
export class ObjectReader {
  #packs: PackFile[] = [];
  #seen = '';
  /** Its own folder of objects, then those that it borrows from. */
  readonly #folders: readonly string[];

  /** @throws UnknownFormat, MissingAlternate */
  constructor(gitDirectory: string) {
    requireKnownFormat(gitDirectory);
    this.#folders = objectFolders(join(gitDirectory, 'objects'));
  }

  /**
   * @param longest bytes: what has more is not unpacked.
   * @throws DamagedObject when it is missing or its bytes are not what its id says.
   * @throws ObjectTooLarge
   */
  read(id: ObjectId, longest = Infinity): GitObject {
    const object = this.#find(id, longest) ?? (this.#refresh() ? this.#find(id, longest) : undefined);
    if (!object) throw new DamagedObject(id, 'it is missing');
    if (rawIdOf(object.type, object.content).toString('hex') !== id) {
      throw new DamagedObject(id, 'its content does not match its id');
    }
    return object;
  }

  /**
   * @throws DamagedObject when it is missing, damaged, or of another type.
   * @throws ObjectTooLarge
   */
  readAs(type: GitObjectType, id: ObjectId, longest?: number): Buffer {
    const object = this.read(id, longest);
    if (object.type !== type)
      throw new DamagedObject(id, `it is a ${object.type} where a ${type} was expected`);
    return object.content;
  }

  close(): void {
    for (const pack of this.#packs) pack.close();
    this.#packs = [];
    this.#seen = '';
  }

  #find(id: ObjectId, longest: number): GitObject | undefined {
    const raw = Buffer.from(id, 'hex');
    for (const [position, pack] of this.#packs.entries()) {
      const object = readPacked(pack, raw, id, longest, (base, most) =>
        this.read(base.toString('hex'), most),
      );
      if (!object) {
        if (position >= MOST_OPEN) pack.close();
        continue;
      }
      if (position > 0) {
        // What was found in one pack is most often followed by more from the same one.
        this.#packs.splice(position, 1);
        this.#packs.unshift(pack);
        this.#packs[MOST_OPEN]?.close();
      }
      return object;
    }
    return this.#readLoose(id, longest);
  }

  #readLoose(id: ObjectId, longest: number): GitObject | undefined {
    for (const folder of this.#folders) {
      const object = readLoose(folder, id, longest);
      if (object) return object;
    }
    return undefined;
  }

  /** Whether there is anything new to look into. */
  #refresh(): boolean {
    const found = this.#folders.flatMap((folder) => packNames(join(folder, 'pack')));
    const seen = found.map(({ name }) => name).join();
    if (seen === this.#seen) return false;
    const present = new Set(found.map(({ name }) => name));
    const kept = this.#packs.filter((pack) => present.has(pack.name) || pack.close());
    const known = new Set(kept.map((pack) => pack.name));
    const added = found
      .filter(({ name }) => !known.has(name))
      .flatMap(({ folder, name }, position) => {
        const pack = PackFile.open(folder, name);
        if (position >= MOST_OPEN) pack?.close();
        return pack ?? [];
      });
    this.#packs = [...added, ...kept];
    for (const pack of kept.slice(Math.max(0, MOST_OPEN - added.length))) pack.close();
    this.#seen = seen;
    return true;
  }
}

function readLoose(folder: string, id: ObjectId, longest: number): GitObject | undefined {
  let file: Buffer;
  try {
    file = readFileSync(join(folder, id.slice(0, 2), id.slice(2)));
  } catch (error) {
    if (isMissing(error)) return undefined;
    throw new DamagedObject(id, 'its file cannot be read', error);
  }
  try {
    const bytes = inflateSync(file, longest < Infinity ? { maxOutputLength: longest + LONGEST_TITLE } : {});
    const nul = bytes.indexOf(0);
    const [type = ''] = bytes.toString('latin1', 0, nul).split(' ');
    const content = bytes.subarray(nul + 1);
    if (content.length > longest) throw new ObjectTooLarge(id, longest);
    return { type: type as GitObjectType, content };
  } catch (error) {
    if (error instanceof ObjectTooLarge) throw error;
    if (errorCode(error) === 'ERR_BUFFER_TOO_LARGE') throw new ObjectTooLarge(id, longest);
    throw new DamagedObject(id, 'its file is not a zlib stream', error);
  }
}

function readPacked(
  pack: PackFile,
  raw: Buffer,
  id: ObjectId,
  longest: number,
  base: ReadBase,
): GitObject | undefined {
  try {
    const offset = pack.offsetOf(raw);
    return offset === undefined ? undefined : pack.readAt(offset, base, longest);
  } catch (error) {
    if (error instanceof DamagedObject) throw error;
    // Its files were closed, and a repack has taken them away since: another pack has what was in it.
    if (isMissing(error)) return undefined;
    if (error instanceof EntryTooLarge || error instanceof ObjectTooLarge)
      throw new ObjectTooLarge(id, longest);
    throw new DamagedObject(id, `${pack.name}.pack is damaged`, error);
  }
}

/** Git borrows through at most five folders. */
const DEEPEST = 5;

/** With those of a `clone --shared`: Git's alternates, whose relative paths begin at the folder of objects. */
function objectFolders(own: string, depth = 0): readonly string[] {
  const file = join(own, 'info', 'alternates');
  if (depth > DEEPEST || !existsSync(file)) return [own];
  const borrowed = readFileSync(file, 'utf8')
    .split('\n')
    .filter((line) => line !== '' && !line.startsWith('#'))
    .map((line) => resolve(own, line.startsWith('"') ? (JSON.parse(line) as string) : line));
  const missing = borrowed.find((folder) => !existsSync(folder));
  if (missing !== undefined) throw new MissingAlternate(file, missing);
  return [...new Set([own, ...borrowed.flatMap((folder) => objectFolders(folder, depth + 1))])];
}

/** A repository cannot be read without the one that it borrows from. */
class MissingAlternate extends ImagoError {
  readonly code = 'MISSING_ALTERNATE';

  constructor(file: string, folder: string) {
    super(
      `${file} borrows from ${folder}, which is not there: bring it back, then git repack -a -d makes the repository whole without it (and ${file} can go)`,
      { file, folder },
    );
  }
}

interface FoundPack {
  readonly folder: string;
  readonly name: string;
}

/** Newest first. */
function packNames(folder: string): FoundPack[] {
  return namesIn(folder)
    .filter((name) => name.endsWith('.idx'))
    .map((name) => ({ folder, name: name.slice(0, -4), time: timeOf(join(folder, name)) }))
    .sort((a, b) => b.time - a.time);
}

function timeOf(path: string): number {
  return statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? 0;
}
