/**
 * Deltas of Git's pack format (gitformat-pack, "Deltified representation"). A change of a host replaces one run of bytes
 * in its file and in each tree above it, so a common start, the new run, and a common end say it all.
 */
export function encodeDelta(base: Buffer, target: Buffer): Buffer {
  const shorter = Math.min(base.length, target.length);
  const start = commonStart(base, target, shorter);
  const end = commonEnd(base, target, shorter - start);
  const insertEnd = target.length - end;
  const head: number[] = [];
  pushSize(head, base.length);
  pushSize(head, target.length);
  pushCopies(head, 0, start);
  const tail: number[] = [];
  pushCopies(tail, base.length - end, end);
  const inserts = Math.ceil((insertEnd - start) / LONGEST_INSERT);
  const delta = Buffer.allocUnsafe(head.length + inserts + insertEnd - start + tail.length);
  delta.set(head);
  let length = head.length;
  for (let from = start; from < insertEnd; from += LONGEST_INSERT) {
    const to = Math.min(from + LONGEST_INSERT, insertEnd);
    delta[length] = to - from;
    length += 1 + target.copy(delta, length + 1, from, to);
  }
  delta.set(tail, length);
  return delta;
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

function pushSize(bytes: number[], size: number): void {
  let rest = size;
  while (rest > 0x7f) {
    bytes.push((rest & 0x7f) | 0x80);
    rest >>>= 7;
  }
  bytes.push(rest);
}

function pushCopies(bytes: number[], from: number, length: number): void {
  for (let done = 0; done < length; done += LONGEST_COPY) {
    pushCopy(bytes, from + done, Math.min(LONGEST_COPY, length - done));
  }
}

function pushCopy(bytes: number[], from: number, length: number): void {
  const operands: number[] = [];
  let opcode = 0x80;
  for (let index = 0; index < 4; index += 1) {
    const value = (from >>> (8 * index)) & 0xff;
    if (value === 0) continue;
    opcode |= 1 << index;
    operands.push(value);
  }
  for (let index = 0; index < 2; index += 1) {
    const value = (length >>> (8 * index)) & 0xff;
    if (value === 0) continue;
    opcode |= 0x10 << index;
    operands.push(value);
  }
  bytes.push(opcode, ...operands);
}
