import { isUtf8 } from 'node:buffer';
import { DecodeError } from '../errors.js';

/** protobuf.dev/programming-guides/encoding: how a field's value is laid out. */
const wireType = { varint: 0, fixed64: 1, bytes: 2, groupStart: 3, groupEnd: 4, fixed32: 5 } as const;

/** Nested groups: nobody writes them any more, and each costs two bytes. */
const DEEPEST_GROUP = 16;
const LARGEST_TAG = 0xffff_ffff;

/** How many more fields the message in hand may have, those of its inner messages included. */
export interface FieldBudget {
  left: number;
}

/**
 * The occurrences of each field that is written as bytes, in their order. All others are skipped, as fields of later editions of a
 * message are.
 * @throws DecodeError
 */
export function fieldsOf(message: Buffer, budget: FieldBudget): ReadonlyMap<number, readonly Buffer[]> {
  const fields = new Map<number, Buffer[]>();
  const cursor = new Cursor(message, budget);
  while (!cursor.isAtEnd) {
    const { number, type } = cursor.tag();
    if (type !== wireType.bytes) {
      cursor.skip(number, type);
      continue;
    }
    const payload = cursor.bytes();
    const others = fields.get(number);
    if (others) others.push(payload);
    else fields.set(number, [payload]);
  }
  return fields;
}

/** @throws DecodeError */
export function textOf(payload: Buffer, field: string): string {
  if (!isUtf8(payload)) throw new DecodeError(`field ${field}: its text is no UTF-8`, { field });
  return payload.toString('utf8');
}

/** Tag, length and payload of one occurrence of a field. */
export function fieldOfBytes(number: number, payload: Uint8Array): Buffer {
  const { field, start } = begun(number, payload.length);
  field.set(payload, start);
  return field;
}

export function fieldOfText(number: number, text: string): Buffer {
  const { field, start } = begun(number, Buffer.byteLength(text));
  field.write(text, start);
  return field;
}

/** A field up to where its payload starts. */
function begun(number: number, length: number): { readonly field: Buffer; readonly start: number } {
  const tag = number * 8 + wireType.bytes;
  const start = bytesOf(tag) + bytesOf(length);
  const field = Buffer.allocUnsafe(start + length);
  writeVarint(length, field, writeVarint(tag, field, 0));
  return { field, start };
}

function bytesOf(value: number): number {
  let bytes = 1;
  for (let rest = value; rest >= 0x80; rest = Math.floor(rest / 0x80)) bytes += 1;
  return bytes;
}

/** @returns where it ends */
function writeVarint(value: number, into: Buffer, offset: number): number {
  let at = offset;
  let rest = value;
  for (; rest >= 0x80; rest = Math.floor(rest / 0x80)) {
    into[at] = (rest % 0x80) + 0x80;
    at += 1;
  }
  into[at] = rest;
  return at + 1;
}

class Cursor {
  #offset = 0;

  constructor(
    private readonly message: Buffer,
    private readonly budget: FieldBudget,
  ) {}

  get isAtEnd(): boolean {
    return this.#offset >= this.message.length;
  }

  tag(): { readonly number: number; readonly type: number } {
    this.budget.left -= 1;
    if (this.budget.left < 0) throw new DecodeError('the message has more fields than any call needs');
    const tag = this.#varint();
    const number = Math.floor(tag / 8);
    if (number === 0 || tag > LARGEST_TAG) {
      throw new DecodeError('the message has a field whose number cannot be', { number });
    }
    return { number, type: tag % 8 };
  }

  bytes(): Buffer {
    const length = this.#varint();
    return this.#take(length);
  }

  skip(number: number, type: number, depth = 0): void {
    if (type === wireType.varint) this.#varint();
    else if (type === wireType.fixed64) this.#take(8);
    else if (type === wireType.bytes) this.bytes();
    else if (type === wireType.fixed32) this.#take(4);
    else if (type === wireType.groupStart && depth < DEEPEST_GROUP) this.#skipGroup(number, depth + 1);
    else throw new DecodeError(`field ${number} is laid out in a way that cannot be`, { number, type });
  }

  #skipGroup(group: number, depth: number): void {
    for (;;) {
      const { number, type } = this.tag();
      if (type === wireType.groupEnd && number === group) return;
      this.skip(number, type, depth);
    }
  }

  #take(length: number): Buffer {
    const end = this.#offset + length;
    if (end > this.message.length) throw new DecodeError('the message ends in the middle of a field');
    const taken = this.message.subarray(this.#offset, end);
    this.#offset = end;
    return taken;
  }

  /** Beyond 2^53 it is no longer exact: nothing that is used is so large. */
  #varint(): number {
    let value = 0;
    for (let place = 0; place < 10; place += 1) {
      const byte = this.message[this.#offset];
      if (byte === undefined) throw new DecodeError('the message ends in the middle of a field');
      this.#offset += 1;
      value += (byte % 0x80) * 2 ** (7 * place);
      if (byte < 0x80) return value;
    }
    throw new DecodeError('the message has a number of more than ten bytes');
  }
}
