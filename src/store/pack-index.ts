import { sha1, type RawId } from './git-object.js';

export interface PackedObject {
  readonly id: RawId;
  /** Where its entry begins in the pack. */
  readonly offset: number;
  /** CRC-32 of the entry as it stands in the pack. */
  readonly crc: number;
}

const MAGIC = 0xff744f63;
const FANOUT = 256;

/** gitformat-pack, index version 2. Packs stay below 2 GiB, so no table of large offsets is needed. */
export function encodePackIndex(objects: readonly PackedObject[], packChecksum: Buffer): Buffer {
  const sorted = [...objects].sort((a, b) => Buffer.compare(a.id, b.id));
  const count = sorted.length;
  const index = Buffer.alloc(8 + FANOUT * 4 + count * 28 + 20);
  index.writeUInt32BE(MAGIC, 0);
  index.writeUInt32BE(2, 4);
  const ids = 8 + FANOUT * 4;
  const crcs = ids + count * 20;
  const offsets = crcs + count * 4;
  const fanout = new Uint32Array(FANOUT);
  sorted.forEach(({ id, crc, offset }, position) => {
    const first = id[0] ?? 0;
    fanout[first] = (fanout[first] ?? 0) + 1;
    id.copy(index, ids + position * 20);
    index.writeUInt32BE(crc, crcs + position * 4);
    index.writeUInt32BE(offset, offsets + position * 4);
  });
  let total = 0;
  fanout.forEach((number, first) => {
    total += number;
    index.writeUInt32BE(total, 8 + first * 4);
  });
  packChecksum.copy(index, offsets + count * 4);
  return Buffer.concat([index, sha1(index)]);
}

/** @throws RangeError for an index of another version, or of a pack of 2 GiB and more. */
export function readPackIndex(index: Buffer): readonly PackedObject[] {
  if (index.readUInt32BE(0) !== MAGIC || index.readUInt32BE(4) !== 2)
    throw new RangeError('not an index of version 2');
  const ids = 8 + FANOUT * 4;
  const count = index.readUInt32BE(ids - 4);
  return Array.from({ length: count }, (_, position) => {
    const offset = index.readUInt32BE(ids + count * 24 + position * 4);
    if (offset >= 0x80000000) throw new RangeError('a pack of 2 GiB is not merged');
    const id = index.subarray(ids + position * 20, ids + position * 20 + 20);
    return { id, offset, crc: index.readUInt32BE(ids + count * 20 + position * 4) };
  });
}
