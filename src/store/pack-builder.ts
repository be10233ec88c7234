import { crc32, deflateSync } from 'node:zlib';
import { encodeDelta } from './git-delta.js';
import { rawIdOf, sha1, type GitObjectType, type ObjectId, type RawId } from './git-object.js';
import { encodePackIndex, type PackedObject } from './pack-index.js';
import { storeUncompressed } from './zlib-stored.js';

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

export const OFS_DELTA = 6;
const typeNumber: Readonly<Record<GitObjectType, number>> = { commit: 1, tree: 2, blob: 3, tag: 4 };

/** Readers follow a chain of deltas to its end; beyond this the object is written whole again. */
const DEEPEST_CHAIN = 50;
/** Up to here the time of zlib is worth more than the bytes it saves: a later repack compresses. */
const SMALL = 1024;

/**
 * Collects the objects of many changes in one pack, which costs two files and two flushes however many they are.
 * Successive versions of the same file or folder are written as deltas.
 */
export class PackBuilder {
  readonly #chunks: Buffer[] = [Buffer.alloc(12)];
  readonly #objects: PackedObject[] = [];
  readonly #known = new Set<ObjectId>();
  readonly #predecessors = new Map<string, Predecessor>();
  #length = 12;

  get isEmpty(): boolean {
    return this.#objects.length === 0;
  }

  /** @param path names what the object is a version of; objects of the same path become deltas of each other. */
  add(type: GitObjectType, content: Buffer, path?: string): RawId {
    const id = rawIdOf(type, content);
    const key = id.toString('latin1');
    if (this.#known.has(key)) return id;
    this.#known.add(key);
    const offset = this.#length;
    const base = path === undefined ? undefined : this.#predecessors.get(path);
    const start = this.#chunks.length;
    let depth = 0;
    if (base && base.depth < DEEPEST_CHAIN && content.length > 64) {
      depth = base.depth + 1;
      const delta = encodeDelta(base.content, content);
      this.#append(entryHeader(OFS_DELTA, delta.length));
      this.#append(encodeOffset(offset - base.offset));
      this.#append(compress(delta));
    } else {
      this.#append(entryHeader(typeNumber[type], content.length));
      this.#append(compress(content));
    }
    if (path !== undefined) this.#predecessors.set(path, { offset, content, depth });
    let crc = 0;
    for (const chunk of this.#chunks.slice(start)) crc = crc32(chunk, crc);
    this.#objects.push({ id, offset, crc });
    return id;
  }

  finish(): Pack {
    this.#chunks[0] = packHeader(this.#objects.length);
    const body = Buffer.concat(this.#chunks, this.#length);
    const checksum = sha1(body);
    return {
      pack: Buffer.concat([body, checksum]),
      index: encodePackIndex(this.#objects, checksum),
      name: `pack-${checksum.toString('hex')}`,
    };
  }

  #append(chunk: Buffer): void {
    this.#chunks.push(chunk);
    this.#length += chunk.length;
  }
}

export function packHeader(count: number): Buffer {
  const header = Buffer.alloc(12);
  header.write('PACK', 0, 'latin1');
  header.writeUInt32BE(2, 4);
  header.writeUInt32BE(count, 8);
  return header;
}

function compress(content: Buffer): Buffer {
  return content.length <= SMALL ? storeUncompressed(content) : deflateSync(content, { level: 1 });
}

/** gitformat-pack: three bits of type and the length, four bits and then seven at a time. */
function entryHeader(type: number, length: number): Buffer {
  const bytes: number[] = [];
  let rest = Math.floor(length / 16);
  let byte = (type << 4) | (length & 15);
  while (rest > 0) {
    bytes.push(byte | 0x80);
    byte = rest & 0x7f;
    rest >>>= 7;
  }
  bytes.push(byte);
  return Buffer.from(bytes);
}

/** gitformat-pack: how far back the base is, in the encoding in which each further byte adds one. */
export function encodeOffset(distance: number): Buffer {
  const bytes = [distance % 128];
  for (let rest = Math.floor(distance / 128); rest > 0; rest = Math.floor(rest / 128)) {
    rest -= 1;
    bytes.unshift(0x80 | (rest % 128));
  }
  return Buffer.from(bytes);
}
