import { fieldOfBytes, fieldOfText, fieldsOf, textOf, type FieldBudget } from './wire.js';

/**
 * Messages of Protocol Buffers (proto3) as tables of their fields: texts, bytes, inner messages, lists and maps of texts. What is
 * empty is absent on the wire, as Go writes it; an inner message is there or not, whatever is in it.
 */

/** One field: its number on the wire, and how its value is read and written. */
export interface Field<T> {
  readonly number: number;
  /** @param payloads of all its occurrences, in their order. @throws DecodeError */
  read(payloads: readonly Buffer[], name: string, budget: FieldBudget): T;
  write(value: T): readonly Buffer[];
}

export interface Message<T> {
  /** @throws DecodeError */
  decode(bytes: Uint8Array): T;
  encode(value: T): Buffer;
  /** As an inner message, which shares the bound on fields. */
  read(bytes: Buffer, budget: FieldBudget): T;
}

export type ValueOf<M> = M extends Message<infer T> ? T : never;

type FieldValue<F> = F extends Field<infer T> ? T : never;

/** Of one message: a bound on the work that millions of empty fields make. */
const MOST_FIELDS = 20_000;

export function message<F extends Readonly<Record<string, Field<unknown>>>>(
  fields: F,
): Message<{ readonly [K in keyof F]: FieldValue<F[K]> }> {
  type Value = { readonly [K in keyof F]: FieldValue<F[K]> };
  const ordered = Object.entries(fields).sort(([, one], [, other]) => one.number - other.number);
  const read = (bytes: Buffer, budget: FieldBudget): Value => {
    const found = fieldsOf(bytes, budget);
    const values = ordered.map(([name, field]) => [
      name,
      field.read(found.get(field.number) ?? [], name, budget),
    ]);
    return Object.fromEntries(values) as Value;
  };
  return {
    read,
    decode: (bytes) => read(asBuffer(bytes), { left: MOST_FIELDS }),
    encode: (value) => Buffer.concat(ordered.flatMap(([name, field]) => field.write(value[name]))),
  };
}

/** The last occurrence counts. */
export function text(number: number): Field<string> {
  return {
    number,
    read: (payloads, name) => textOf(last(payloads), name),
    write: (value) => (value === '' ? [] : [fieldOfText(number, value)]),
  };
}

/** What is read keeps nothing of the message that it came in. */
export function bytes(number: number): Field<Uint8Array> {
  return {
    number,
    read: (payloads) => Uint8Array.from(last(payloads)),
    write: (value) => (value.length === 0 ? [] : [fieldOfBytes(number, value)]),
  };
}

export function texts(number: number): Field<readonly string[]> {
  return {
    number,
    read: (payloads, name) => payloads.map((payload) => textOf(payload, name)),
    write: (values) => values.map((value) => fieldOfText(number, value)),
  };
}

/** Occurrences of one that is no list are one message in pieces. */
export function inner<T>(number: number, of: Message<T>): Field<T | undefined> {
  return {
    number,
    read: (payloads, _name, budget) =>
      payloads.length === 0 ? undefined : of.read(Buffer.concat(payloads), budget),
    write: (value) => (value === undefined ? [] : [fieldOfBytes(number, of.encode(value))]),
  };
}

export function inners<T>(number: number, of: Message<T>): Field<readonly T[]> {
  return {
    number,
    read: (payloads, _name, budget) => payloads.map((payload) => of.read(payload, budget)),
    write: (values) => values.map((value) => fieldOfBytes(number, of.encode(value))),
  };
}

/** Both sides of an entry are written, empty or not. The last entry of a key counts. */
export function textMap(number: number): Field<ReadonlyMap<string, string>> {
  return {
    number,
    read: (payloads, name, budget) =>
      new Map(
        payloads.map((payload) => {
          const entry = fieldsOf(payload, budget);
          return [textOf(last(entry.get(1)), name), textOf(last(entry.get(2)), name)];
        }),
      ),
    write: (values) =>
      Array.from(values, ([key, value]) =>
        fieldOfBytes(number, Buffer.concat([fieldOfText(1, key), fieldOfText(2, value)])),
      ),
  };
}

const NOTHING = Buffer.alloc(0);

function last(payloads: readonly Buffer[] = []): Buffer {
  return payloads.at(-1) ?? NOTHING;
}

function asBuffer(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
