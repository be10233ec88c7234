import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import { join } from 'node:path';
import { inflateSync } from 'node:zlib';
import { storedContent } from './zlib-stored.js';
import { applyDelta, targetSize } from './delta.js';
import type { GitObject, GitObjectType } from './object.js';

const typeName: Readonly<Record<number, GitObjectType>> = { 1: 'commit', 2: 'tree', 3: 'blob', 4: 'tag' };
const OFS_DELTA = 6;
const REF_DELTA = 7;
const HEADER = 8;
const IDS = HEADER + 1024;
/** Objects kept per pack, whole: history is read version after version, and each is a delta of one that was just read. */
const KEPT = 64;
/** Longer ones are not kept. */
const USUAL_OBJECT = 64 * 1024;
/** How many times as long as what is made of it a base may be; git makes no delta beyond that. */
const LARGEST_RATIO = 32;
/** Nearly all entries of a fleet's repository are shorter; a longer one is read again whole. */
const USUAL_ENTRY = 4096;

/** One pack with its index (gitformat-pack, version 2), read at offsets; neither is kept in memory. */
export class PackFile {
  readonly #kept = new Map<number, GitObject>();
  readonly #fanout: Buffer;
  readonly #count: number;

  #files: { readonly index: number; readonly pack: number } | undefined;

  /** Undefined when the pack has just been replaced, or its index is of no use. */
  static open(folder: string, name: string): PackFile | undefined {
    try {
      return new PackFile(folder, name);
    } catch {
      return undefined;
    }
  }

  private constructor(
    private readonly folder: string,
    readonly name: string,
  ) {
    const head = readAt(this.#opened().index, 0, IDS);
    if (head.readUInt32BE(0) !== 0xff744f63 || head.readUInt32BE(4) !== 2)
      throw new RangeError('not an index');
    this.#fanout = head.subarray(HEADER);
    this.#count = this.#fanout.readUInt32BE(1020);
  }

  offsetOf(id: Buffer): number | undefined {
    const first = id[0] ?? 0;
    const from = first === 0 ? 0 : this.#fanout.readUInt32BE((first - 1) * 4);
    const to = this.#fanout.readUInt32BE(first * 4);
    if (to <= from) return undefined;
    const near = this.#search(id, ...this.#likely(id, from, to));
    const { position } = near.isCertain ? near : this.#search(id, from, to);
    return position === undefined ? undefined : this.#offset(position);
  }

  /** Ids are spread evenly: nearly always one is this close to where its digits say. */
  #likely(id: Buffer, from: number, to: number): [from: number, to: number] {
    const guess = from + Math.floor(((to - from) * id.readUIntBE(1, 3)) / 2 ** 24);
    const around = 8 + 2 * Math.ceil(Math.sqrt(to - from));
    return [Math.max(from, guess - around), Math.min(to, guess + around)];
  }

  /** Looks among the ids from a position up to another; certain unless it may stand before or after these. */
  #search(id: Buffer, from: number, to: number): { position?: number; isCertain: boolean } {
    const ids = readAt(this.#opened().index, IDS + from * 20, (to - from) * 20);
    let low = 0;
    let high = to - from - 1;
    while (low <= high) {
      const middle = (low + high) >> 1;
      const order = ids.compare(id, 0, 20, middle * 20, middle * 20 + 20);
      if (order === 0) return { position: from + middle, isCertain: true };
      if (order < 0) low = middle + 1;
      else high = middle - 1;
    }
    return { isCertain: low > 0 && low < to - from };
  }

  /** The ids of all objects in it. */
  ids(): readonly Buffer[] {
    const bytes = readAt(this.#opened().index, IDS, this.#count * 20);
    return Array.from({ length: this.#count }, (_, position) =>
      bytes.subarray(position * 20, position * 20 + 20),
    );
  }

  /** All commits in it that can be read. */
  *commits(): Generator<{ readonly id: string; readonly content: Buffer }> {
    const outside = (): never => {
      throw new RangeError('a base is in another pack');
    };
    for (const id of this.ids()) {
      const offset = this.offsetOf(id);
      try {
        const object = offset === undefined ? undefined : this.readAt(offset, outside);
        if (object?.type === 'commit') yield { id: id.toString('hex'), content: object.content };
      } catch (error) {
        if (!(error instanceof Error)) throw error;
      }
    }
  }

  /**
   * @param outside reads a base that is named by its id.
   * @param longest bytes: what has more is not unpacked.
   * @throws EntryTooLarge
   */
  readAt(offset: number, outside: ReadBase, longest = Infinity): GitObject {
    const kept = this.#kept.get(offset);
    if (kept && kept.content.length > longest) throw new EntryTooLarge(`it has more than ${longest} bytes`);
    if (kept) return kept;
    const object = this.#decodeAt(offset, outside, longest);
    if (object.content.length > USUAL_OBJECT) return object;
    this.#kept.set(offset, object);
    if (this.#kept.size > KEPT) this.#kept.delete(this.#kept.keys().next().value ?? 0);
    return object;
  }

  #decodeAt(offset: number, outside: ReadBase, longest: number): GitObject {
    const entry = new EntryReader(this.#opened().pack, offset);
    const { type, length } = entry.header();
    // A delta is never made longer than what it makes.
    if (length > longest) throw new EntryTooLarge(`an entry has more than ${longest} bytes`);
    if (type === OFS_DELTA) {
      const base = this.readAt(offset - entry.baseDistance(), outside, longest * LARGEST_RATIO);
      return { type: base.type, content: applyWithin(base.content, entry.inflate(length), longest) };
    }
    if (type === REF_DELTA) {
      const id = entry.baseId();
      const inside = this.offsetOf(id);
      const most = longest * LARGEST_RATIO;
      const base = inside === undefined ? outside(id, most) : this.readAt(inside, outside, most);
      return { type: base.type, content: applyWithin(base.content, entry.inflate(length), longest) };
    }
    const name = typeName[type];
    if (!name) throw new RangeError(`an entry has the unknown type ${type}`);
    return { type: name, content: entry.inflate(length) };
  }

  /** Closes its files until it is read again, and forgets what was read. False, so that it can end a filter. */
  close(): false {
    const files = this.#files;
    this.#files = undefined;
    this.#kept.clear();
    if (files) for (const file of [files.index, files.pack]) closeSync(file);
    return false;
  }

  #opened(): { readonly index: number; readonly pack: number } {
    if (this.#files) return this.#files;
    const path = join(this.folder, this.name);
    const index = openSync(`${path}.idx`, 'r');
    try {
      this.#files = { index, pack: openSync(`${path}.pack`, 'r') };
      return this.#files;
    } catch (error) {
      closeSync(index);
      throw error;
    }
  }

  #offset(position: number): number {
    const offsets = IDS + this.#count * 24;
    const offset = readAt(this.#opened().index, offsets + position * 4, 4).readUInt32BE(0);
    if (offset < 0x80000000) return offset;
    const large = offsets + this.#count * 4 + (offset - 0x80000000) * 8;
    return Number(readAt(this.#opened().index, large, 8).readBigUInt64BE(0));
  }
}

/** Reads a base that is named by its id, of so many bytes at most. */
export type ReadBase = (id: Buffer, longest: number) => GitObject;

/** An object with more bytes than asked for. */
export class EntryTooLarge extends RangeError {}

function applyWithin(base: Buffer, delta: Buffer, longest: number): Buffer {
  if (targetSize(delta) > longest) throw new EntryTooLarge(`a delta makes more than ${longest} bytes`);
  return applyDelta(base, delta);
}

class EntryReader {
  #bytes: Buffer;
  #at = 0;

  constructor(
    private readonly pack: number,
    private readonly offset: number,
  ) {
    this.#bytes = readUpTo(pack, offset, USUAL_ENTRY);
  }

  header(): { type: number; length: number } {
    let byte = this.#byte();
    const type = (byte >> 4) & 7;
    let length = byte & 15;
    for (let factor = 16; byte & 0x80; factor *= 128) {
      byte = this.#byte();
      length += (byte & 0x7f) * factor;
    }
    return { type, length };
  }

  baseDistance(): number {
    let byte = this.#byte();
    let distance = byte & 0x7f;
    while (byte & 0x80) {
      byte = this.#byte();
      distance = (distance + 1) * 128 + (byte & 0x7f);
    }
    return distance;
  }

  baseId(): Buffer {
    this.#at += 20;
    return this.#bytes.subarray(this.#at - 20, this.#at);
  }

  inflate(length: number): Buffer {
    // A compressed object is hardly ever longer than it was; 64 bytes and a thousandth cover zlib's own frame.
    const bound = this.#at + length + Math.ceil(length / 1000) + 64;
    if (bound > this.#bytes.length) this.#bytes = readUpTo(this.pack, this.offset, bound);
    const content =
      storedContent(this.#bytes, this.#at, length) ??
      inflateSync(this.#bytes.subarray(this.#at), {
        maxOutputLength: Math.max(1, length),
      });
    if (content.length !== length) throw new RangeError('an entry is cut short');
    return content;
  }

  #byte(): number {
    const byte = this.#bytes[this.#at];
    if (byte === undefined) throw new RangeError('an entry is cut short');
    this.#at += 1;
    return byte;
  }
}

function readAt(file: number, position: number, length: number): Buffer {
  const bytes = readUpTo(file, position, length);
  if (bytes.length < length) throw new RangeError(`a file of ${fstatSync(file).size} bytes is cut short`);
  return bytes;
}

function readUpTo(file: number, position: number, length: number): Buffer {
  const bytes = Buffer.allocUnsafe(length);
  return bytes.subarray(0, readSync(file, bytes, 0, length, position));
}
