import { readFileSync, readdirSync, renameSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { crc32 } from 'node:zlib';
import { removeIfPresent, syncPath, writeDurably } from './durable-file.js';
import { sha1 } from './git-object.js';
import { OFS_DELTA, encodeOffset, packHeader } from './pack-builder.js';
import { encodePackIndex, readPackIndex, type PackedObject } from './pack-index.js';

/** Packs of about the same size are merged, so that an object is copied a few times in its life at most. */
const TIERS = [256 * 1024, 8 * 1024 * 1024] as const;
/** How many packs of a size there may be. */
const MANY = 24;

/** Merges packs until there are few of each size. @returns how many packs were merged. */
export function mergeSmallPacks(folder: string): number {
  let merged = 0;
  let floor = 0;
  for (const ceiling of TIERS) {
    const packs = packsBetween(folder, floor, ceiling);
    if (packs.length >= MANY) {
      mergePacks(folder, packs);
      merged += packs.length;
    }
    floor = ceiling;
  }
  return merged;
}

/**
 * Puts the objects of several packs into one, as they are: no object is packed anew, deltas keep their bases. The new pack
 * is durable before the old ones go.
 */
export function mergePacks(folder: string, names: readonly string[]): void {
  const merger = new PackMerger();
  for (const name of names) {
    merger.add(
      readFileSync(join(folder, `${name}.pack`)),
      readPackIndex(readFileSync(join(folder, `${name}.idx`))),
    );
  }
  const { pack, index, name } = merger.finish();
  const scratch = join(folder, 'tmp_imago_merge');
  try {
    writeDurably(`${scratch}.pack`, pack, 0o444);
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
}

class PackMerger {
  readonly #chunks: Buffer[] = [Buffer.alloc(12)];
  readonly #objects: PackedObject[] = [];
  readonly #placeOf = new Map<string, number>();
  #length = 12;

  add(pack: Buffer, objects: readonly { readonly id: Buffer; readonly offset: number }[]): void {
    const inOrder = [...objects].sort((a, b) => a.offset - b.offset);
    const places = new Map<number, number>();
    for (const [position, { id, offset }] of inOrder.entries()) {
      const key = id.toString('latin1');
      const known = this.#placeOf.get(key);
      if (known !== undefined) {
        places.set(offset, known);
        continue;
      }
      const end = inOrder[position + 1]?.offset ?? pack.length - 20;
      places.set(offset, this.#length);
      this.#placeOf.set(key, this.#length);
      this.#append(id, moveEntry(pack.subarray(offset, end), offset, this.#length, places));
    }
  }

  finish(): { pack: Buffer; index: Buffer; name: string } {
    this.#chunks[0] = packHeader(this.#objects.length);
    const body = Buffer.concat(this.#chunks, this.#length);
    const checksum = sha1(body);
    return {
      pack: Buffer.concat([body, checksum]),
      index: encodePackIndex(this.#objects, checksum),
      name: `pack-${checksum.toString('hex')}`,
    };
  }

  #append(id: Buffer, chunks: readonly Buffer[]): void {
    const offset = this.#length;
    let crc = 0;
    for (const chunk of chunks) {
      crc = crc32(chunk, crc);
      this.#chunks.push(chunk);
      this.#length += chunk.length;
    }
    this.#objects.push({ id, offset, crc });
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
