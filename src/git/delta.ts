/**
 * Writes a delta of Git's pack format (gitformat-pack, "Deltified representation"). A change of a host replaces one run of
 * bytes in its file and in each tree above it, so a common start, the new run, and a common end say it all.
 * @param into with room for `longestDelta` bytes from `at` on.
 * @returns where the delta ends.
 */
export function writeDelta(into: Buffer, at: number, base: Buffer, target: Buffer): number {
  const shorter = Math.min(base.length, target.length);
  const start = commonStart(base, target, shorter);
  const end = commonEnd(base, target, shorter - start);
  const insertEnd = target.length - end;
  let next = writeSize(into, writeSize(into, at, base.length), target.length);
  next = writeCopies(into, next, 0, start);
  for (let from = start; from < insertEnd; from += LONGEST_INSERT) {
    const to = Math.min(from + LONGEST_INSERT, insertEnd);
    into[next] = to - from;
    next += 1 + target.copy(into, next + 1, from, to);
  }
  return writeCopies(into, next, base.length - end, end);
}

/** In bytes: two sizes, an insert of all of the target, and copies of all of it. */
export function longestDelta(target: Buffer): number {
  return 20 + target.length + 8 * (2 + Math.ceil(target.length / LONGEST_INSERT));
}

/** Compared at once, by native code, before single bytes are. */
const STRIDE = 256;

function commonStart(base: Buffer, target: Buffer, limit: number): number {
  let start = 0;
  while (
    start + STRIDE <= limit &&
    base.compare(target, start, start + STRIDE, start, start + STRIDE) === 0
  ) {
    start += STRIDE;
  }
  while (start < limit && base[start] === target[start]) start += 1;
  return start;
}

function commonEnd(base: Buffer, target: Buffer, limit: number): number {
  let end = 0;
  for (; end + STRIDE <= limit; end += STRIDE) {
    const baseAt = base.length - end - STRIDE;
    const targetAt = target.length - end - STRIDE;
    if (base.compare(target, targetAt, targetAt + STRIDE, baseAt, baseAt + STRIDE) !== 0) break;
  }
  while (end < limit && base[base.length - 1 - end] === target[target.length - 1 - end]) end += 1;
  return end;
}

const LONGEST_INSERT = 127;
const LONGEST_COPY = 0xffff;

/** How many bytes a delta makes. */
export function targetSize(delta: Buffer): number {
  let offset = 0;
  while ((delta[offset] ?? 0) > 0x7f) offset += 1;
  let size = 0;
  for (let factor = 1; ; factor *= 128) {
    offset += 1;
    const byte = delta[offset] ?? 0;
    size += (byte & 0x7f) * factor;
    if (byte < 0x80) return size;
  }
}

/** @throws RangeError for a delta that does not fit its base. */
export function applyDelta(base: Buffer, delta: Buffer): Buffer {
  let offset = 0;
  const byte = (): number => {
    const value = delta[offset];
    if (value === undefined) throw new RangeError('a delta is cut short');
    offset += 1;
    return value;
  };
  const size = (): number => {
    let value = 0;
    for (let shift = 0; ; shift += 7) {
      const next = byte();
      value += (next & 0x7f) * 2 ** shift;
      if (next < 0x80) return value;
    }
  };
  const field = (opcode: number, firstBit: number, bytes: number): number => {
    let value = 0;
    for (let index = 0; index < bytes; index += 1) {
      if (opcode & (1 << (firstBit + index))) value += byte() * 2 ** (8 * index);
    }
    return value;
  };
  if (size() !== base.length) throw new RangeError('a delta belongs to another base');
  const target = Buffer.alloc(size());
  let written = 0;
  while (offset < delta.length) {
    const opcode = byte();
    if (opcode & 0x80) {
      const from = field(opcode, 0, 4);
      const length = field(opcode, 4, 3) || 0x10000;
      written += base.copy(target, written, from, from + length);
    } else {
      written += delta.copy(target, written, offset, offset + opcode);
      offset += opcode;
    }
  }
  if (written !== target.length) throw new RangeError('a delta does not fill its target');
  return target;
}

function writeSize(into: Buffer, at: number, size: number): number {
  let next = at;
  let rest = size;
  for (; rest > 0x7f; rest >>>= 7) into[next++] = (rest & 0x7f) | 0x80;
  into[next++] = rest;
  return next;
}

/** From an offset of the base on, in copies of up to 64 KiB. */
function writeCopies(into: Buffer, at: number, offset: number, length: number): number {
  let next = at;
  for (let done = 0; done < length; done += LONGEST_COPY) {
    const opcodeAt = next++;
    let opcode = 0x80;
    const operand = (value: number, firstBit: number, bytes: number): void => {
      for (let index = 0; index < bytes; index += 1) {
        const byte = (value >>> (8 * index)) & 0xff;
        if (byte === 0) continue;
        opcode |= firstBit << index;
        into[next++] = byte;
      }
    };
    operand(offset + done, 0x01, 4);
    operand(Math.min(LONGEST_COPY, length - done), 0x10, 2);
    into[opcodeAt] = opcode;
  }
  return next;
}
