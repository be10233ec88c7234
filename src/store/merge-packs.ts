import { closeSync, openSync, readFileSync, readSync, readdirSync, renameSync, statSync } from 'node:fs';
import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { crc32 } from 'node:zlib';
import { removeIfPresent, syncPath, writeDurably } from './durable-file.js';
import type { RawId } from './git-object.js';
import { OFS_DELTA, encodeOffset } from './pack-builder.js';
import { encodePackIndex, readPackIndex, type PackedObject } from './pack-index.js';
import { PackWriter } from './pack-writer.js';

/**
 * Packs of about the same size are merged, so that an object is copied a few times in its life at most: so many of less
 * than so many bytes. Each object costs a merge some hundred bytes of memory, however small it is.
 */
const TIERS = [
  { ceiling: 256 * 1024, many: 24 },
  { ceiling: 8 * 1024 * 1024, many: 10 },
] as const;
/** Read at once to check a pack. */
const READ_BYTES = 256 * 1024;

/** The place of an object that is not in the new pack yet. */
const NOWHERE = -1;

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
 * is durable before the old ones go. A damaged pack stays as it is: merged, its damage would lie under a sound checksum.
 * @returns how many were merged
 */
export function mergePacks(folder: string, all: readonly string[]): number {
  const memory = Buffer.allocUnsafeSlow(READ_BYTES);
  const names = all.filter((name) => isWhole(join(folder, `${name}.pack`), memory));
  if (names.length < 2) return 0;
  const sources = names.map((name) => sourceIn(folder, name));
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
    removeIfPresent(join(folder, `${old}.idx`));
    removeIfPresent(join(folder, `${old}.pack`));
  }
  return names.length;
}

/** Whether a pack still has the SHA-1 that its last 20 bytes tell. */
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

interface SourcePack {
  readonly file: string;
  readonly size: number;
  /** In the order of the pack. */
  readonly objects: readonly { readonly id: Buffer; readonly offset: number }[];
}

function sourceIn(folder: string, name: string): SourcePack {
  const file = join(folder, `${name}.pack`);
  const objects = [...readPackIndex(readFileSync(join(folder, `${name}.idx`)))];
  return { file, size: statSync(file).size, objects: objects.sort((a, b) => a.offset - b.offset) };
}

/** Through two buffers, one to read into and one to write from: a merge beside a storm must not cost its size in memory. */
function writeMerged(path: string, sources: readonly SourcePack[]): { index: Buffer; checksum: Buffer } {
  const placeOf = new Map<string, number>();
  for (const { objects } of sources) for (const { id } of objects) placeOf.set(keyOf(id), NOWHERE);
  const memory = Buffer.allocUnsafeSlow(Math.max(0, ...sources.map(({ size }) => size)));
  const writer = new PackWriter(path, placeOf.size);
  try {
    const merger = new PackMerger(writer, placeOf);
    for (const { file, size, objects } of sources) merger.add(readInto(memory, file, size), objects);
    const checksum = writer.finish();
    return { index: encodePackIndex(merger.objects, checksum), checksum };
  } finally {
    writer.close();
  }
}

function keyOf(id: RawId): string {
  return id.toString('latin1');
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

class PackMerger {
  readonly objects: PackedObject[] = [];

  /** @param placeOf where each object stands in the new pack, by its id. */
  constructor(
    private readonly writer: PackWriter,
    private readonly placeOf: Map<string, number>,
  ) {}

  add(pack: Buffer, inOrder: SourcePack['objects']): void {
    const places = new Map<number, number>();
    for (const [position, { id, offset }] of inOrder.entries()) {
      const key = keyOf(id);
      const known = this.placeOf.get(key) ?? NOWHERE;
      if (known !== NOWHERE) {
        places.set(offset, known);
        continue;
      }
      const end = inOrder[position + 1]?.offset ?? pack.length - 20;
      const to = this.writer.length;
      places.set(offset, to);
      this.placeOf.set(key, to);
      let crc = 0;
      for (const chunk of moveEntry(pack.subarray(offset, end), offset, to, places)) {
        crc = crc32(chunk, crc);
        this.writer.append(chunk);
      }
      this.objects.push({ id, offset: to, crc });
    }
  }
}

/** An entry at its new place: the distance to its base is all that changes. */
function moveEntry(
  entry: Buffer,
  from: number,
  to: number,
  places: ReadonlyMap<number, number>,
): readonly Buffer[] {
  let header = 0;
  while ((entry[header] ?? 0) & 0x80) header += 1;
  header += 1;
  if ((((entry[0] ?? 0) >> 4) & 7) !== OFS_DELTA) return [entry];
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
  return [entry.subarray(0, header), encodeOffset(to - base), entry.subarray(at + 1)];
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
