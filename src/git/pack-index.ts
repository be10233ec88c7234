import { ID_BYTES, sha1 } from './object.js';

/** The objects of a pack, by their places in these lists. */
export interface PackedObjects {
  /** 20 bytes each. */
  readonly ids: Buffer;
  /** Where the entry of each begins in the pack. */
  readonly offsets: ArrayLike<number>;
  /** CRC-32 of each entry as it stands in the pack. */
  readonly crcs: ArrayLike<number>;
}

const MAGIC = 0xff744f63;
const FANOUT = 256;
const HEADER_BYTES = 8 + FANOUT * 4;

/**
 * Gitformat-pack, index version 2. Packs stay below 2 GiB, so no table of large offsets is needed.
 * @param order places in the lists, in the order of the ids.
 */
export function encodePackIndex(
  { ids, offsets, crcs }: PackedObjects,
  order: ArrayLike<number>,
  packChecksum: Buffer,
): Buffer {
  const count = order.length;
  const crcsAt = HEADER_BYTES + count * ID_BYTES;
  const offsetsAt = crcsAt + count * 4;
  const length = offsetsAt + count * 4 + packChecksum.length;
  const index = Buffer.alloc(length + ID_BYTES);
  index.writeUInt32BE(MAGIC, 0);
  index.writeUInt32BE(2, 4);
  const perFirstByte = new Uint32Array(FANOUT);
  for (let position = 0; position < count; position += 1) {
    const place = order[position] ?? 0;
    const first = ids[place * ID_BYTES] ?? 0;
    perFirstByte[first] = (perFirstByte[first] ?? 0) + 1;
    ids.copy(index, HEADER_BYTES + position * ID_BYTES, place * ID_BYTES, (place + 1) * ID_BYTES);
    index.writeUInt32BE(crcs[place] ?? 0, crcsAt + position * 4);
    index.writeUInt32BE(offsets[place] ?? 0, offsetsAt + position * 4);
  }
  let total = 0;
  perFirstByte.forEach((number, first) => {
    total += number;
    index.writeUInt32BE(total, 8 + first * 4);
  });
  packChecksum.copy(index, length - packChecksum.length);
  sha1(index.subarray(0, length)).copy(index, length);
  return index;
}

/** Of a key: its number is sorted with the first three bytes of its id, which together a double holds exactly. */
const PLACES = 2 ** 29;

/** The places of ids of 20 bytes, in the order of the ids; the same id several times in the order of its places. */
export function orderOfIds(ids: Buffer): Uint32Array {
  const count = ids.length / ID_BYTES;
  // Numbers are sorted many times as fast as by a comparison of bytes.
  const keys = new Float64Array(count);
  for (let place = 0; place < count; place += 1) keys[place] = startOf(ids, place) * PLACES + place;
  keys.sort();
  const order = Uint32Array.from(keys, (key) => key % PLACES);
  for (let end = 1; end < count; end += 1) {
    for (let at = end; at > 0; at -= 1) {
      const [before = 0, here = 0] = [order[at - 1], order[at]];
      if (startOf(ids, before) !== startOf(ids, here) || compareIds(ids, before, here) <= 0) break;
      order[at - 1] = here;
      order[at] = before;
    }
  }
  return order;
}

function startOf(ids: Buffer, place: number): number {
  return ids.readUIntBE(place * ID_BYTES, 3);
}

/** As Buffer.compare of the ids at two places. */
function compareIds(ids: Buffer, left: number, right: number): number {
  return ids.compare(ids, right * ID_BYTES, (right + 1) * ID_BYTES, left * ID_BYTES, (left + 1) * ID_BYTES);
}
