import { closeSync, openSync, readFileSync, readSync, readdirSync, renameSync, statSync } from 'node:fs';
import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { crc32 } from 'node:zlib';
import { errorCode } from '../errors.js';
import { removeIfPresent, syncPath, writeDurably } from '../files/durable-file.js';
import { OFS_DELTA, writeOffset } from './pack-builder.js';
import {
  compareIds,
  encodePackIndex,
  hasVersion2,
  orderOfIds,
  readPackIndex,
  type PackedObjects,
} from './pack-index.js';
import { PackWriter } from './pack-writer.js';

/**
 * Packs of about the same size are merged, so that an object is copied a few times in its life at most: so many of less
 * than so many bytes. Each object costs a merge some fifty bytes of memory, however small it is.
 */
const TIERS = [
  { ceiling: 256 * 1024, many: 24 },
  { ceiling: 8 * 1024 * 1024, many: 10 },
] as const;
/** Read at once to check a pack. */
const READ_BYTES = 256 * 1024;

/** So many that a start would be slow to look through them: a daemon that was killed again and again leaves them. */
const FAR_TOO_MANY = 200;

/** At a start, before anything is read. */
export function mergePile(folder: string): number {
  const count = readdirSync(folder).filter((name) => name.endsWith('.pack')).length;
  return count < FAR_TOO_MANY ? 0 : mergeSmallPacks(folder);
}

/** Merges packs until there are few of each size. @returns how many packs were merged. */
export function mergeSmallPacks(folder: string): number {
  let merged = 0;
  let floor = 0;
  for (const { ceiling, many } of TIERS) {
    const packs = packsBetween(folder, floor, ceiling);
    if (packs.length >= many) merged += mergePacks(folder, packs);
    floor = ceiling;
  }
  return merged;
}

/**
 * Puts the objects of several packs into one, as they are: no object is packed anew, deltas keep their bases. The new pack
 * is durable before the old ones go. A damaged pack, or one with a damaged index, stays as it is: merged, its damage would
 * lie under a sound checksum. So does one with an index of an old version.
 * @returns how many were merged
 */
export function mergePacks(folder: string, all: readonly string[]): number {
  const memory = Buffer.allocUnsafeSlow(READ_BYTES);
  const names = all.filter((name) => isMergeable(join(folder, name), memory));
  if (names.length < 2) return 0;
  const sources = sourcesIn(folder, names);
  const scratch = join(folder, 'tmp_imago_merge');
  let name: string;
  try {
    const { index, checksum } = writeMerged(`${scratch}.pack`, sources);
    name = `pack-${checksum.toString('hex')}`;
    writeDurably(`${scratch}.idx`, index, 0o444);
    renameSync(`${scratch}.pack`, join(folder, `${name}.pack`));
    renameSync(`${scratch}.idx`, join(folder, `${name}.idx`));
    syncPath(folder);
  } catch (error) {
    removeIfPresent(`${scratch}.pack`);
    removeIfPresent(`${scratch}.idx`);
    throw error;
  }
  for (const old of names) {
    if (old === name) continue;
    for (const ending of ENDINGS) removeIfPresent(join(folder, `${old}.${ending}`));
  }
  return names.length;
}

/** Of the files of a pack, with those that git writes beside what imago does; without its index it is none any more. */
const ENDINGS = ['idx', 'rev', 'bitmap', 'mtimes', 'pack'] as const;

/** One that cannot be read, or is gone meanwhile, does not stand in the way of the others either. */
function isMergeable(path: string, memory: Buffer): boolean {
  try {
    if (!isWhole(`${path}.pack`, memory) || !isWhole(`${path}.idx`, memory)) return false;
    return hasVersion2(readFileSync(`${path}.idx`));
  } catch (error) {
    if (errorCode(error) === undefined) throw error;
    return false;
  }
}

/** Whether a pack, or its index, still has the SHA-1 that its last 20 bytes tell. */
function isWhole(path: string, memory: Buffer): boolean {
  const file = openSync(path, 'r');
  try {
    const hash = createHash('sha1');
    let left = statSync(path).size - 20;
    while (left > 0) {
      const read = readSync(file, memory, 0, Math.min(memory.length, left), null);
      if (read === 0) return false;
      hash.update(memory.subarray(0, read));
      left -= read;
    }
    const length = readSync(file, memory, 0, 20, null);
    return hash.digest().equals(memory.subarray(0, length));
  } finally {
    closeSync(file);
  }
}

interface SourcePack extends PackedObjects {
  readonly file: string;
  readonly size: number;
  /** How many objects the packs before it have. */
  readonly first: number;
}

/** @param first how many objects the packs before it have. */
function sourceIn(folder: string, name: string, first: number): SourcePack {
  const file = join(folder, `${name}.pack`);
  return {
    file,
    size: statSync(file).size,
    first,
    ...readPackIndex(readFileSync(join(folder, `${name}.idx`))),
  };
}

function sourcesIn(folder: string, names: readonly string[]): readonly SourcePack[] {
  let first = 0;
  return names.map((name) => {
    const source = sourceIn(folder, name, first);
    first += source.offsets.length;
    return source;
  });
}

/** Through two buffers, one to read into and one to write from: a merge beside a storm must not cost its size in memory. */
function writeMerged(path: string, sources: readonly SourcePack[]): { index: Buffer; checksum: Buffer } {
  const ids = Buffer.concat(sources.map((source) => source.ids));
  const order = orderOfIds(ids);
  const originals = originalsOf(ids, order);
  const kept = order.filter((object) => originals[object] === object);
  const memory = Buffer.allocUnsafeSlow(Math.max(0, ...sources.map(({ size }) => size)));
  const writer = new PackWriter(path, kept.length);
  try {
    const merger = new PackMerger(writer, originals);
    for (const source of sources) merger.add(readInto(memory, source.file, source.size), source);
    const checksum = writer.finish();
    return {
      index: encodePackIndex({ ids, offsets: merger.offsets, crcs: merger.crcs }, kept, checksum),
      checksum,
    };
  } finally {
    writer.close();
  }
}

/** For each object the first that has its id: itself, but for what several packs hold. */
function originalsOf(ids: Buffer, order: Uint32Array): Uint32Array {
  const originals = new Uint32Array(order.length);
  let original = 0;
  order.forEach((object, position) => {
    if (position === 0 || compareIds(ids, original, object) !== 0) original = object;
    originals[object] = original;
  });
  return originals;
}

function readInto(memory: Buffer, path: string, size: number): Buffer {
  const file = openSync(path, 'r');
  try {
    let length = 0;
    while (length < size) {
      const read = readSync(file, memory, length, size - length, length);
      if (read === 0) throw new RangeError(`${path} is cut short`);
      length += read;
    }
    return memory.subarray(0, size);
  } finally {
    closeSync(file);
  }
}

/** Counts objects through all packs, in the order of each pack's ids. */
class PackMerger {
  readonly offsets: Uint32Array;
  readonly crcs: Uint32Array;

  /** @param originals for each object the one whose entry is written. */
  constructor(
    private readonly writer: PackWriter,
    private readonly originals: Uint32Array,
  ) {
    this.offsets = new Uint32Array(originals.length);
    this.crcs = new Uint32Array(originals.length);
  }

  /**
   * Packs come in the order in which their objects are counted: what a pack has in common with one before it is there. Of an
   * object that a pack holds twice the first in its bytes stands for both: deltas look back.
   */
  add(pack: Buffer, { first, offsets, crcs }: SourcePack): void {
    const inOrder = placesInOrder(offsets);
    const places = new Map<number, number>();
    for (const [position, place] of inOrder.entries()) {
      const object = first + place;
      const offset = offsets[place] ?? 0;
      const original = this.originals[object] ?? object;
      const known = this.offsets[original] ?? 0;
      if (known > 0) {
        places.set(offset, known);
        continue;
      }
      const end = offsets[inOrder[position + 1] ?? -1] ?? pack.length - 20;
      const to = this.writer.length;
      places.set(offset, to);
      this.offsets[original] = to;
      this.crcs[original] = this.#move(pack.subarray(offset, end), offset, places) ?? crcs[place] ?? 0;
    }
  }

  /** @returns the new CRC-32, if the entry is another at its new place. */
  #move(entry: Buffer, from: number, places: ReadonlyMap<number, number>): number | undefined {
    if ((((entry[0] ?? 0) >> 4) & 7) !== OFS_DELTA) {
      this.writer.append(entry);
      return undefined;
    }
    let crc = 0;
    for (const chunk of moveDelta(entry, from, this.writer.length, places)) {
      crc = crc32(chunk, crc);
      this.writer.append(chunk);
    }
    return crc;
  }
}

function placesInOrder(offsets: ArrayLike<number>): Uint32Array {
  return Uint32Array.from(offsets, (_, place) => place).sort((a, b) => (offsets[a] ?? 0) - (offsets[b] ?? 0));
}

/** A delta at its new place: the distance to its base is all that changes. */
function moveDelta(
  entry: Buffer,
  from: number,
  to: number,
  places: ReadonlyMap<number, number>,
): readonly Buffer[] {
  let header = 0;
  while ((entry[header] ?? 0) & 0x80) header += 1;
  header += 1;
  let at = header;
  let byte = entry[at] ?? 0;
  let distance = byte & 0x7f;
  while (byte & 0x80) {
    at += 1;
    byte = entry[at] ?? 0;
    distance = (distance + 1) * 128 + (byte & 0x7f);
  }
  const base = places.get(from - distance);
  if (base === undefined) throw new RangeError('a delta has no base in its pack');
  const written = Buffer.alloc(10);
  const shown = written.subarray(0, writeOffset(written, 0, to - base));
  return [entry.subarray(0, header), shown, entry.subarray(at + 1)];
}

/** Those that nothing else holds on to, by the size of their objects. */
function packsBetween(folder: string, floor: number, ceiling: number): readonly string[] {
  const names = new Set(readdirSync(folder));
  return [...names]
    .filter((name) => name.startsWith('pack-') && name.endsWith('.idx'))
    .map((name) => name.slice(0, -4))
    .filter(
      (name) => names.has(`${name}.pack`) && !names.has(`${name}.keep`) && !names.has(`${name}.promisor`),
    )
    .filter((name) => {
      const size = statSync(join(folder, `${name}.pack`), { throwIfNoEntry: false })?.size ?? Infinity;
      return size >= floor && size < ceiling;
    });
}
