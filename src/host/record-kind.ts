import { ImagoError, showValue } from '../errors.js';
import type { Author, FleetView, Revision } from './host-store.js';

/**
 * What a store keeps beside hosts: one file for each record, `<name of the kind>/<shard>/<name of the record>.json`, each
 * change of it one commit. Whoever needs a kind names it where the store is opened.
 */
export interface RecordKind<T extends object = object, C extends string = string> {
  /** Also of its folder in commits and in the work tree: lower-case letters, digits and hyphens. */
  readonly name: string;
  /**
   * Files are kept to the byte, whatever is in them, under the record's name without an ending: texts here hold one byte in each
   * character (latin1). An edit of such a file counts as a whole. See `rawKind`.
   */
  readonly isRaw?: true;
  /**
   * Of its own files, and of those that operators write.
   * @param path as it is named in messages.
   * @throws InvalidRecord that tells file and line.
   */
  parse(text: string, path: string): T;
  /** The text of the file: what `parse` makes the same record of. Equal records have equal texts. */
  format(record: T): string;
  /** What becomes of a record: a code for programs, and the words of its commit. An ellipsis stands for a detail. */
  readonly words: Readonly<Record<C, string>>;
}

/** Records that are files as they are: their bytes, and nothing that the store would read in them. */
export function rawKind<C extends string>(
  name: string,
  words: RecordKind<Buffer, C>['words'],
): RecordKind<Buffer, C> {
  return {
    name,
    isRaw: true,
    parse: (text) => Buffer.from(text, 'latin1'),
    format: (content) => content.toString('latin1'),
    words,
  };
}

/** Words that records of every kind have: what the store itself does with them, and what operators do with any. */
const commonWords = {
  put: 'put',
  removed: 'removed',
  'rolled-back': 'rolled back to …',
  edited: 'edited',
  'edit-refused': 'refused an edit: …',
  'changed-elsewhere': 'changed elsewhere',
  'removed-elsewhere': 'removed elsewhere',
  moved: 'moved to its folder',
} as const;

export type CommonCode = keyof typeof commonWords;

/** The words of a commit. */
export function recordWords<C extends string>(
  kind: Pick<RecordKind<never, C>, 'words'>,
  code: C | CommonCode,
  detail = '',
): string {
  const words: Readonly<Record<string, string>> = { ...commonWords, ...kind.words };
  return (words[code] ?? code).replace('…', () => detail);
}

/** The code of a change by its words; undefined for a commit in somebody's own words. */
export function recordCodeOf(kind: Pick<RecordKind, 'words'>, what: string): string | undefined {
  const words = Object.entries<string>({ ...commonWords, ...kind.words });
  const [code] =
    words.find(([, text]) => text === what) ??
    words.find(([, text]) => text.endsWith('…') && what.startsWith(text.slice(0, -1))) ??
    [];
  return code;
}

/** What a decision makes of a record. */
export interface RecordDecision<T, C extends string> {
  /** Undefined removes it. */
  readonly record: T | undefined;
  readonly code: C | CommonCode;
  readonly detail?: string;
}

/** A change of a record that holds: told to watchers once and in the order of the commits. */
export interface RecordEvent<T extends object = object> {
  readonly revision: Revision;
  readonly commit?: string;
  readonly time: Date;
  readonly author: string;
  /** The name of the kind. */
  readonly kind: string;
  readonly name: string;
  /** Undefined where somebody committed it in words of his own. */
  readonly code: string | undefined;
  readonly what: string;
  /** The record after the change; undefined when it was removed. */
  readonly record: T | undefined;
  /** The record before it; undefined when it is new. */
  readonly before: T | undefined;
}

/** A change of a record as history has it. */
export type RecordHistoryEntry = Pick<
  RecordEvent,
  'revision' | 'commit' | 'time' | 'author' | 'code' | 'what'
>;

/** A record as one of its changes left it; undefined when that removed it, or left what cannot be read. */
export interface EarlierRecord<T extends object = object> extends Pick<
  RecordHistoryEntry,
  'revision' | 'commit'
> {
  readonly record: T | undefined;
}

/** Bytes of the file of a record: more is refused. */
export const LARGEST_RECORD = 1024 * 1024;

/** What is in the file of a record. */
export function contentOf<T extends object>(
  kind: Pick<RecordKind<T>, 'format' | 'isRaw'>,
  record: T,
): Buffer {
  return Buffer.from(kind.format(record), encodingOf(kind));
}

export function textOf(kind: Pick<RecordKind, 'isRaw'>, content: Buffer): string {
  return content.toString(encodingOf(kind));
}

function encodingOf({ isRaw }: Pick<RecordKind, 'isRaw'>): 'latin1' | 'utf8' {
  return isRaw ? 'latin1' : 'utf8';
}

/** The records of one kind. What is read is durable. */
export interface Records<T extends object, C extends string = string> {
  get(name: string): T | undefined;
  /** In no order. */
  list(): Iterable<readonly [name: string, record: T]>;
  /**
   * Lets `decide` look at the record and at the fleet; it is pure and may be called again, as in `HostStore.change`.
   * Resolves once the change would survive a power cut; with undefined where there is nothing to change.
   * @throws InvalidValue for what is no name of a record, StoreUnavailable, and what `decide` throws: nothing has changed then.
   */
  change(
    name: string,
    decide: (record: T | undefined, fleet: FleetView) => RecordDecision<T, C> | undefined,
    author: Author,
  ): Promise<Revision | undefined>;
  /** Newest first, all or the newest so many. Empty for a record that never was. */
  history(name: string, limit?: number): Promise<readonly RecordHistoryEntry[]>;
  /**
   * The record as it was at a revision of its own history, which four or more of its first characters name as well: of several
   * that begin so the newest.
   * @throws UnknownRevision
   */
  at(name: string, revision: string): Promise<EarlierRecord<T>>;
  /** Calls `watcher` for each change from now on, until the returned function is called. */
  subscribe(watcher: (event: RecordEvent<T>) => void): () => void;
}

/** Whoever has records of several kinds. */
export interface RecordStore {
  /** Those that it was opened with, by name. */
  readonly kinds: ReadonlyMap<string, RecordKind>;
  /** @throws RangeError for a kind that it was not opened with. */
  records<T extends object, C extends string>(kind: RecordKind<T, C>): Records<T, C>;
}

/** A field of a record that cannot be what it claims to be: the message names field, value and remedy. */
export class InvalidRecord extends ImagoError {
  readonly code: string = 'INVALID_RECORD';

  /** @param field Empty where the file as a whole is at fault. */
  constructor(
    readonly field: string,
    value: unknown,
    readonly remedy: string,
    place?: { readonly file: string; readonly line: number },
  ) {
    const where = place ? `${place.file}:${place.line}: ` : '';
    // Of what is not there is no value to be shown.
    const shown = value === undefined && remedy.startsWith('is not there') ? '' : `${showValue(value)} `;
    super(`${where}${field === '' ? '' : `${field}: `}${shown}${remedy}`, {
      field,
      value: showValue(value),
      ...place,
    });
  }
}

/** The line of a field of a text in JSON, or of the element of its list that has this value: 1 where it is not there. */
export function lineOfField(text: string, field: string, value?: unknown): number {
  const [name = ''] = field.split('.');
  const key = text.indexOf(JSON.stringify(name));
  if (key < 0) return 1;
  const isPlain = typeof value !== 'object' && value !== undefined;
  const element = isPlain && field.includes('.') ? text.indexOf(JSON.stringify(value), key) : -1;
  return text.slice(0, element < 0 ? key : element).split('\n').length;
}

type Fields = Readonly<Record<string, unknown>>;

/** Fields of `after` where it differs from `before`, and of `current` else. */
export function mergeFields(before: Fields, after: Fields, current: Fields): Record<string, unknown> {
  const merged: Record<string, unknown> = { ...current };
  for (const field of new Set([...Object.keys(before), ...Object.keys(after)])) {
    if (JSON.stringify(before[field]) === JSON.stringify(after[field])) continue;
    if (after[field] === undefined) delete merged[field];
    else merged[field] = after[field];
  }
  return merged;
}
