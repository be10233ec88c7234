import { ImagoError } from '../errors.js';
import {
  InvalidRecord,
  mergeFields,
  contentOf,
  recordWords,
  textOf,
  type CommonCode,
  type RecordKind,
} from '../host/record-kind.js';
import { ObjectTooLarge } from '../git/errors.js';
import type { RawId } from '../git/object.js';
import type { ObjectReader } from '../git/object-reader.js';
import { LARGEST_FILE, partsOfName, recordPath, type RecordName } from './layout.js';

/** What becomes of a record that is no host: one file that is written, or removed. */
export interface RecordChange {
  readonly kind: RecordKind;
  readonly name: RecordName;
  /** Undefined removes it. */
  readonly record: object | undefined;
  /** Of its file. */
  readonly content: Buffer | undefined;
  readonly what: string;
  /** Where else a file of this record is committed: removed with this change. */
  readonly strays?: readonly string[];
}

/** @throws InvalidRecord for one that could not be read again. */
export function recordChange(
  kind: RecordKind,
  name: RecordName,
  { record, code, detail }: { record: object | undefined; code: string; detail?: string | undefined },
): RecordChange {
  const content = record && contentOf(kind, record);
  if (content && content.length > LARGEST_FILE) throw tooLarge(placeOf(kind, name));
  return { kind, name, record, content, what: recordWords(kind, code as CommonCode, detail) };
}

/** @throws InvalidRecord, whatever is wrong with it. */
export function parseRecord(
  kind: RecordKind,
  name: RecordName,
  content: Buffer,
  path = placeOf(kind, name),
): object {
  if (content.length > LARGEST_FILE) throw tooLarge(path);
  return kind.parse(textOf(kind, content), path);
}

/**
 * A committed record.
 * @throws InvalidRecord, DamagedObject
 */
export function readRecord(
  reader: ObjectReader,
  kind: RecordKind,
  name: RecordName,
  id: RawId,
  path = placeOf(kind, name),
): object {
  try {
    return parseRecord(kind, name, reader.readAs('blob', id.toString('hex'), LARGEST_FILE), path);
  } catch (error) {
    throw error instanceof ObjectTooLarge ? tooLarge(path) : error;
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
 * they are now. A raw file has no fields: it is as it was written, as a field that both have changed would be.
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
  if (kind.isRaw || !base || !current || isSameRecord(kind, base, current)) return edited;
  return kind.parse(
    kind.format(mergeFields({ ...base }, { ...edited }, { ...current })),
    placeOf(kind, name),
  );
}

function placeOf(kind: RecordKind, key: RecordName): string {
  return recordPath(kind, partsOfName(key).name);
}

function tooLarge(file: string): InvalidRecord {
  const remedy = 'is what a file may have, and this has more: write it anew or restore it with git checkout';
  return new InvalidRecord('', `${LARGEST_FILE} bytes`, remedy, { file, line: 1 });
}
