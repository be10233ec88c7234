import { hash } from 'node:crypto';
import { crc32, deflateSync } from 'node:zlib';
import { longestDelta, writeDelta } from './delta.js';
import { objectHeader, sha1, type GitObjectType, type RawId } from './object.js';
import { encodePackIndex, orderOfIds } from './pack-index.js';
import { STORED_BYTES, STORED_HEAD_BYTES, storeInPlace } from './zlib-stored.js';

export interface Pack {
  readonly pack: Buffer;
  readonly index: Buffer;
  /** `pack-<40 hex>`, without an ending. */
  readonly name: string;
}

interface Predecessor {
  readonly offset: number;
  readonly content: Buffer;
  readonly depth: number;
}

const OFS_DELTA = 6;
const typeNumber: Readonly<Record<GitObjectType, number>> = { commit: 1, tree: 2, blob: 3, tag: 4 };

/** Readers follow a chain of deltas to its end; beyond this the object is written whole again. */
const DEEPEST_CHAIN = 50;
/**
 * Up to here the time of zlib is worth more than the bytes it saves: a later repack compresses. Trees, which are mostly
 * hashes, lose a quarter at best.
 */
const SMALL = 8192;
const HEADER_BYTES = 12;
/** More than the headers of an entry take, and than what is hashed before a content. */
const HEAD_ROOM = 32;
const FIRST_BYTES = 64 * 1024;

/**
 * Collects the objects of many changes in one pack, which costs two files and two flushes however many they are.
 * Successive versions of the same file or folder are written as deltas. Everything is written into one buffer as it
 * comes: thousands of small ones would outlive the young generation of the heap.
 */
export class PackBuilder {
  #bytes = Buffer.allocUnsafeSlow(FIRST_BYTES);
  #length = HEADER_BYTES;
  /** The ids in the order of their entries, as strings of 20 characters of a byte each. */
  readonly #known = new Set<string>();
  readonly #offsets: number[] = [];
  readonly #crcs: number[] = [];
  readonly #predecessors = new Map<string, Predecessor>();

  get isEmpty(): boolean {
    return this.#known.size === 0;
  }

  /** @param path names what the object is a version of; objects of the same path become deltas of each other. */
  add(type: GitObjectType, content: Buffer, path?: string): RawId {
    const offset = this.#length;
    const bodyAt = offset + HEAD_ROOM;
    this.#reserve(HEAD_ROOM + longestDelta(content) + STORED_BYTES);
    const key = this.#hash(type, content, bodyAt);
    const id = Buffer.from(key, 'latin1');
    if (this.#known.has(key)) return id;
    this.#known.add(key);
    const base = path === undefined ? undefined : this.#predecessors.get(path);
    let depth = 0;
    if (base && base.depth < DEEPEST_CHAIN && content.length > 64) {
      depth = base.depth + 1;
      const end = writeDelta(this.#bytes, bodyAt, base.content, content);
      this.#putHeader(OFS_DELTA, end - bodyAt);
      this.#length = writeOffset(this.#bytes, this.#length, offset - base.offset);
      this.#putBody(bodyAt, end);
    } else {
      this.#putHeader(typeNumber[type], content.length);
      this.#putBody(bodyAt, bodyAt + content.length);
    }
    if (path !== undefined) this.#predecessors.set(path, { offset, content, depth });
    this.#offsets.push(offset);
    this.#crcs.push(crc32(this.#bytes.subarray(offset, this.#length)));
    return id;
  }

  /** Ends the building: the buffers of the pack are the caller's. */
  finish(): Pack {
    packHeader(this.#known.size).copy(this.#bytes);
    const checksum = sha1(this.#bytes.subarray(0, this.#length));
    this.#put(checksum);
    const ids = Buffer.from([...this.#known].join(''), 'latin1');
    const objects = { ids, offsets: this.#offsets, crcs: this.#crcs };
    return {
      pack: this.#bytes.subarray(0, this.#length),
      index: encodePackIndex(objects, orderOfIds(ids), checksum),
      name: `pack-${checksum.toString('hex')}`,
    };
  }

  /** The content stands where the next entry's body will be, and what is hashed with it before it. */
  #hash(type: GitObjectType, content: Buffer, bodyAt: number): string {
    const header = objectHeader(type, content.length);
    const start = bodyAt - header.length;
    this.#bytes.write(header, start, 'latin1');
    const end = bodyAt + content.copy(this.#bytes, bodyAt);
    return hash('sha1', this.#bytes.subarray(start, end), 'binary');
  }

  /** Gitformat-pack: three bits of type and the length, four bits and then seven at a time. */
  #putHeader(type: number, length: number): void {
    let byte = (type << 4) | (length & 15);
    for (let rest = Math.floor(length / 16); rest > 0; rest >>>= 7) {
      this.#bytes[this.#length++] = byte | 0x80;
      byte = rest & 0x7f;
    }
    this.#bytes[this.#length++] = byte;
  }

  /** Compressed, and moved up to the end of the headers. */
  #putBody(from: number, to: number): void {
    if (to - from > SMALL) {
      this.#put(deflateSync(this.#bytes.subarray(from, to), { level: 1 }));
      return;
    }
    const contentAt = this.#length + STORED_HEAD_BYTES;
    this.#bytes.copyWithin(contentAt, from, to);
    this.#length = storeInPlace(this.#bytes, contentAt, contentAt + to - from);
  }

  #put(chunk: Buffer): void {
    this.#reserve(chunk.length);
    this.#length += chunk.copy(this.#bytes, this.#length);
  }

  /** Room for so many more bytes. */
  #reserve(more: number): void {
    const needed = this.#length + more;
    if (needed <= this.#bytes.length) return;
    const larger = Buffer.allocUnsafeSlow(Math.max(needed, this.#bytes.length * 2));
    this.#bytes.copy(larger, 0, 0, this.#length);
    this.#bytes = larger;
  }
}

function packHeader(count: number): Buffer {
  const header = Buffer.alloc(HEADER_BYTES);
  header.write('PACK', 0, 'latin1');
  header.writeUInt32BE(2, 4);
  header.writeUInt32BE(count, 8);
  return header;
}

/** gitformat-pack: how far back the base is, in the encoding in which each further byte adds one. */
export function writeOffset(into: Buffer, at: number, distance: number): number {
  let length = 1;
  for (let rest = Math.floor(distance / 128); rest > 0; rest = Math.floor((rest - 1) / 128)) length += 1;
  let rest = distance;
  for (let place = length - 1; place >= 0; place -= 1) {
    into[at + place] = (rest % 128) | (place === length - 1 ? 0 : 0x80);
    rest = Math.floor(rest / 128) - 1;
  }
  return at + length;
}
