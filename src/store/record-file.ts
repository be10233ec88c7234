import { ImagoError } from '../errors.js';
import {
  InvalidRecord,
  mergeFields,
  recordWords,
  type CommonCode,
  type RecordKind,
} from '../host/record-kind.js';
import { ObjectTooLarge } from '../git/errors.js';
import type { RawId } from '../git/object.js';
import type { ObjectReader } from '../git/object-reader.js';
import { LARGEST_FILE, pathOf, type RecordName } from './layout.js';

/** What becomes of a record that is no host: one file that is written, or removed. */
export interface RecordChange {
  readonly kind: RecordKind;
  readonly name: RecordName;
  /** Undefined removes it. */
  readonly record: object | undefined;
  /** Of its file. */
  readonly text: string | undefined;
  readonly what: string;
}

/** @throws InvalidRecord for one that could not be read again. */
export function recordChange(
  kind: RecordKind,
  name: RecordName,
  { record, code, detail }: { record: object | undefined; code: string; detail?: string | undefined },
): RecordChange {
  const text = record && kind.format(record);
  if (text !== undefined && Buffer.byteLength(text) > LARGEST_FILE) throw tooLarge(name);
  return { kind, name, record, text, what: recordWords(kind, code as CommonCode, detail) };
}

/** @throws InvalidRecord, whatever is wrong with it. */
export function parseRecord(kind: RecordKind, name: RecordName, content: Buffer): object {
  if (content.length > LARGEST_FILE) throw tooLarge(name);
  return kind.parse(content.toString('utf8'), pathOf(name));
}

/**
 * A committed record.
 * @throws InvalidRecord, DamagedObject
 */
export function readRecord(reader: ObjectReader, kind: RecordKind, name: RecordName, id: RawId): object {
  try {
    return parseRecord(kind, name, reader.readAs('blob', id.toString('hex'), LARGEST_FILE));
  } catch (error) {
    throw error instanceof ObjectTooLarge ? tooLarge(name) : error;
  }
}

/** The record as a file has it; undefined when it cannot be read as one. */
export function recordIn(
  reader: ObjectReader,
  kind: RecordKind,
  name: RecordName,
  id: RawId | undefined,
): object | undefined {
  try {
    return id && readRecord(reader, kind, name, id);
  } catch (error) {
    if (error instanceof ImagoError) return undefined;
    throw error;
  }
}

export function isSameRecord(kind: RecordKind, a: object | undefined, b: object | undefined): boolean {
  return (a && kind.format(a)) === (b && kind.format(b));
}

/**
 * An edit on top of what became of the record meanwhile: fields that were changed are as they were written, all others as
 * they are now.
 * @param base what the edit began with; undefined when that is not known, and then it counts as a whole.
 * @throws InvalidRecord where both together are none.
 */
export function mergeRecord(
  kind: RecordKind,
  name: RecordName,
  base: object | undefined,
  edited: object,
  current: object | undefined,
): object {
  if (!base || !current || isSameRecord(kind, base, current)) return edited;
  return kind.parse(kind.format(mergeFields({ ...base }, { ...edited }, { ...current })), pathOf(name));
}

function tooLarge(name: RecordName): InvalidRecord {
  const remedy = 'is what a file may have, and this has more: write it anew or restore it with git checkout';
  return new InvalidRecord('', `${LARGEST_FILE} bytes`, remedy, { file: pathOf(name), line: 1 });
}
