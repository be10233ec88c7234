import type { FieldDifference } from './host-diff.js';
import { contentOf, type RecordKind } from './record-kind.js';

/** What differs between two versions of a record; undefined for one that is not there. */
export function diffRecords(
  kind: RecordKind,
  before: object | undefined,
  after: object | undefined,
): readonly FieldDifference[] {
  return kind.isRaw ? diffLines(kind, before, after) : diffFields(kind, before, after);
}

/** By the fields of its file. */
function diffFields(
  kind: RecordKind,
  before: object | undefined,
  after: object | undefined,
): readonly FieldDifference[] {
  const [old, now] = [before, after].map((record) => fieldsOf(kind, record)) as [Fields, Fields];
  return [...new Set([...Object.keys(old), ...Object.keys(now)])]
    .filter((field) => JSON.stringify(old[field]) !== JSON.stringify(now[field]))
    .map((field) => ({ field, before: old[field], after: now[field] }));
}

type Fields = Readonly<Record<string, unknown>>;

function fieldsOf(kind: RecordKind, record: object | undefined): Fields {
  return record ? (JSON.parse(kind.format(record)) as Fields) : {};
}

/** The lines from the first that differs to the last, as one. */
function diffLines(
  kind: RecordKind,
  before: object | undefined,
  after: object | undefined,
): readonly FieldDifference[] {
  const [old, now] = [linesOf(kind, before), linesOf(kind, after)];
  let first = 0;
  while (first < old.length && first < now.length && old[first] === now[first]) first += 1;
  if (first === old.length && first === now.length) return [];
  let same = 0;
  while (
    same < old.length - first &&
    same < now.length - first &&
    old[old.length - 1 - same] === now[now.length - 1 - same]
  )
    same += 1;
  const [gone, come] = [old, now].map((lines) => lines.slice(first, lines.length - same)) as [
    string[],
    string[],
  ];
  const count = Math.max(gone.length, come.length);
  const field = count === 1 ? `line ${first + 1}` : `lines ${first + 1}-${first + count}`;
  return [{ field, before: shown(gone), after: shown(come) }];
}

/** Each with its end: a last line without one is another than one with it. Bytes that are no text differ all the same. */
function linesOf(kind: RecordKind, record: object | undefined): string[] {
  if (!record) return [];
  return contentOf(kind, record)
    .toString('latin1')
    .split(/(?<=\n)/)
    .filter((line) => line !== '');
}

function shown(lines: readonly string[]): string | undefined {
  return lines.length === 0 ? undefined : Buffer.from(lines.join(''), 'latin1').toString('utf8');
}
