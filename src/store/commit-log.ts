import { isWanted, USUAL_LIMIT, type LogFilter, type LoggedChange } from '../host/host-archive.js';
import { hostStates, type HostState } from '../host/lifecycle.js';
import type { HistoryEntry, RecordedChange, Revision } from '../host/host-store.js';
import { recordCodeOf, type RecordEvent } from '../host/record-kind.js';
import type { Serial } from '../host/serial.js';
import { cleanText } from '../errors.js';
import { ChangesTooOld } from '../host/errors.js';
import { DamagedObject } from '../git/errors.js';
import { decodeCommit } from '../git/commit.js';
import type { ObjectId } from '../git/object.js';
import type { LogFile } from './log-file.js';
import type { ObjectReader } from '../git/object-reader.js';
import { hostPath, isRecordName, kindOf, type Kinds, type RecordKey, type RecordName } from './layout.js';
import { partsOfRevision, revisionOf } from './revision.js';
import { changesOf, hostIn, keyOfChange, whatOf } from './take-up.js';
import { changesOneRecord, fileAt, keyOf } from './worktree/torn-checkout.js';

/** A change with the commit that has it. */
type CommittedChange = LoggedChange & { readonly commit: ObjectId };

/** Commits read before other work gets its turn. */
const SLICE = 50;
/** Lines parsed before other work gets its turn. */
const PAGE = 256;
/** Bytes; one is held by each watcher that is told the past. */
const SMALL_CHUNK = 32 * 1024;
const LONGEST_TEXT = 1000;

/**
 * The log of the repository in a form that answers at once: one line per change, in a file that can always be made again,
 * with each record's lines known by their place. A daemon that was killed may have left the file behind HEAD; what is missing
 * is read from the repository.
 */
export class CommitLog {
  readonly #places = new Map<RecordKey, number[]>();
  #waiting: string[] = [];
  #last: ObjectId | undefined;
  #ready: Promise<void>;
  #isReady = false;
  #isClosed = false;
  #damage: string | undefined;

  constructor(
    private readonly file: LogFile,
    private readonly reader: ObjectReader,
    private readonly kinds: Kinds,
    head: ObjectId,
  ) {
    this.#ready = this.#build(head);
  }

  /** What of history cannot be read, if so. */
  get damage(): string | undefined {
    return this.#damage;
  }

  /** History was rewritten: the log is made anew. */
  restart(head: ObjectId): void {
    this.#ready = this.#rebuild(this.#ready, head);
  }

  append(changes: readonly (RecordedChange | RecordEvent)[]): void {
    for (const change of changes) this.#waiting.push(formatLine(lineOf(change)));
    if (this.#isReady) this.#write();
  }

  async ofHost(serial: Serial, limit = Infinity): Promise<readonly HistoryEntry[]> {
    return firstOf(this.#pastOf(serial), () => true, limit);
  }

  /** Of a record that is no host, newest first. */
  async ofRecord(
    key: RecordName,
    limit = Infinity,
  ): Promise<readonly (HistoryEntry & { commit: ObjectId })[]> {
    return firstOf(this.#pastOf(key), () => true, limit);
  }

  /** The newest change of the record whose revision begins so. */
  async find(key: RecordKey, beginning: string): Promise<CommittedChange | undefined> {
    const [found] = await firstOf(this.#pastOf(key), ({ revision }) => revision.startsWith(beginning), 1);
    return found;
  }

  select(filter: LogFilter): Promise<readonly LoggedChange[]> {
    const { serial, record, limit = USUAL_LIMIT } = filter;
    const key = serial ?? (record as RecordName | undefined);
    const pages = key === undefined ? this.newest() : this.#pastOf(key);
    return firstOf(pages, (change) => isWanted(change, filter), limit);
  }

  /**
   * Oldest first; undefined for a revision that is not in the log. One that lacks its key means all of its commit.
   * @throws ChangesTooOld
   */
  async after(revision: string, most: number): Promise<AsyncIterable<readonly LoggedChange[]> | undefined> {
    await this.#ready;
    const { commit, key } = partsOfRevision(revision) ?? {};
    if (commit === undefined || !this.#isKnown(commit)) return undefined;
    const { size } = this.file;
    let behind = 0;
    let count = 0;
    for (const lines of this.file.chunksFromEnd()) {
      for (const line of lines) {
        if (line.startsWith(commit) && (key === undefined || keyIn(line) === key)) {
          return this.#forward(size - behind, size);
        }
        count += 1;
        if (count > most) throw new ChangesTooOld(most);
        behind += Buffer.byteLength(line) + 1;
      }
      await nextTurn();
    }
    return undefined;
  }

  /** Without a look at the log. */
  #isKnown(commit: ObjectId): boolean {
    try {
      this.reader.readAs('commit', commit);
      return true;
    } catch (error) {
      if (error instanceof DamagedObject) return false;
      throw error;
    }
  }

  async *newest(): AsyncGenerator<readonly LoggedChange[]> {
    await this.#ready;
    for (const lines of this.file.chunksFromEnd()) {
      for (let from = 0; from < lines.length; from += PAGE) {
        yield lines.slice(from, from + PAGE).flatMap((line) => this.#parse(line) ?? []);
        await nextTurn();
      }
    }
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    await Promise.allSettled([this.#ready]);
    this.file.close();
  }

  /** Newest first. */
  async *#pastOf(key: RecordKey): AsyncGenerator<readonly CommittedChange[]> {
    await this.#ready;
    const places = this.#places.get(key) ?? [];
    for (let end = places.length; end > 0; end -= PAGE) {
      const page = places.slice(Math.max(0, end - PAGE), end).reverse();
      yield page.flatMap((place) => this.#parse(this.file.lineAt(place)) ?? []);
      if (end > PAGE) await nextTurn();
    }
  }

  /** Ends early when history is rewritten meanwhile: what is at those places then is something else. */
  async *#forward(from: number, to: number): AsyncGenerator<readonly LoggedChange[]> {
    const ready = this.#ready;
    let page: LoggedChange[] = [];
    for (const { place, line } of this.file.lines(from, SMALL_CHUNK)) {
      if (place >= to) break;
      const change = this.#parse(line);
      if (change) page.push(change);
      if (page.length < PAGE) continue;
      yield page;
      page = [];
      await nextTurn();
      if (ready !== this.#ready || this.#isClosed) return;
    }
    yield page;
  }

  async #rebuild(before: Promise<void>, head: ObjectId): Promise<void> {
    await before;
    this.#isReady = false;
    this.#waiting = [];
    this.#clear();
    await this.#build(head);
  }

  #clear(): void {
    this.#last = undefined;
    this.#places.clear();
    this.file.truncate(0);
  }

  async #build(head: ObjectId): Promise<void> {
    for (const { place, line } of this.file.lines()) {
      const [, commit, shared, key] = BEGINNING.exec(line) ?? [];
      if (commit === undefined || key === undefined) {
        this.file.truncate(place);
        break;
      }
      if (commit === this.#last && shared === undefined) {
        // Imago up to 0.1 did not write which commits are shared: the log is made again.
        this.#clear();
        break;
      }
      this.#note(key as RecordKey, place);
      this.#last = commit;
      if (place % 256 === 0) await nextTurn();
    }
    const missing = await this.#missing(head);
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const [index, id] of missing.entries()) {
      const changes = this.#intact(() => loggedChanges(this.reader, this.kinds, id)) ?? [];
      for (const change of changes) this.#waiting.push(formatLine(change));
      if (index % SLICE === 0) {
        this.#write();
        await nextTurn();
      }
      if (this.#isClosed) return;
    }
    this.#waiting.push(...waiting);
    this.#isReady = true;
    this.#write();
  }

  /** The commits after the last line, oldest first; all of them when the last line is not among the ancestors of HEAD. */
  async #missing(head: ObjectId): Promise<readonly ObjectId[]> {
    const commits: ObjectId[] = [];
    let id: ObjectId | undefined = head;
    while (id !== undefined && id !== this.#last && !this.#isClosed) {
      const parents: readonly ObjectId[] | undefined = this.#intact(
        () => decodeCommit(this.reader.readAs('commit', id ?? '')).parents,
      );
      if (!parents) return this.#afterDamage(commits);
      commits.push(id);
      id = parents[0];
      if (commits.length % SLICE === 0) await nextTurn();
    }
    return id === undefined ? this.#afterDamage(commits) : commits.reverse();
  }

  /** The log begins with the oldest of these: what is before it is not there, or cannot be read. */
  #afterDamage(commits: ObjectId[]): readonly ObjectId[] {
    this.#clear();
    return commits.reverse();
  }

  /** Undefined for what the disk has damaged: the rest of history is told without it. */
  #intact<T>(read: () => T): T | undefined {
    try {
      return read();
    } catch (error) {
      if (!(error instanceof DamagedObject)) throw error;
      this.#damage ??= error.message;
      return undefined;
    }
  }

  #parse(line: string): CommittedChange | undefined {
    return parseLine(this.kinds, line);
  }

  #write(): void {
    const lines = this.#waiting;
    const places = this.file.append(lines);
    // On a full disk they wait for the next change.
    if (!places) return;
    this.#waiting = [];
    lines.forEach((line, index) => {
      this.#note(keyIn(line), places[index] ?? 0);
    });
  }

  #note(key: RecordKey, place: number): void {
    const places = this.#places.get(key);
    if (places) places.push(place);
    else this.#places.set(key, [place]);
  }
}

/** A change as a line has it. */
interface LineParts extends HistoryEntry {
  readonly key: RecordKey;
}

function lineOf(change: RecordedChange | RecordEvent): LineParts {
  const { revision, time, author, what } = change;
  const state = 'serial' in change ? change.host?.state : undefined;
  return { revision, time, author, what, key: keyOfChange(change), state };
}

function loggedChanges(reader: ObjectReader, kinds: Kinds, id: ObjectId): readonly LineParts[] {
  const commit = decodeCommit(reader.readAs('commit', id));
  // No need to compare trees.
  if (changesOneRecord(commit)) {
    const key = keyOf(commit);
    const file = isRecordName(key) ? undefined : fileAt(reader, commit, hostPath(key));
    const state =
      isRecordName(key) || file === undefined
        ? undefined
        : hostIn(reader, key, Buffer.from(file, 'hex'))?.state;
    const { time, name: author } = commit.author;
    return [
      { revision: revisionOf(id, key, false), time, author, key, what: whatOf(commit.message, key), state },
    ];
  }
  return changesOf(reader, kinds, id).map(lineOf);
}

async function firstOf<C extends LoggedChange>(
  pages: AsyncIterable<readonly C[]>,
  wanted: (change: C) => boolean,
  limit: number,
): Promise<readonly C[]> {
  const found: C[] = [];
  for await (const page of pages) {
    for (const change of page) {
      if (wanted(change)) found.push(change);
      if (found.length >= limit) return found;
    }
  }
  return found;
}

function formatLine({ revision, time, author, key, what, state }: LineParts): string {
  const seconds = Math.floor(time.getTime() / 1000) || 0;
  return [
    revision,
    seconds,
    state ?? '-',
    key,
    cleanText(author),
    cleanText(what).slice(0, LONGEST_TEXT),
  ].join('\t');
}

/** What a start needs of each line: the rest of 100,000 would take it a tenth of a second. */
const BEGINNING = /^([0-9a-f]{40})(\.[^\t]+)?\t-?\d+\t[a-z-]+\t([^\t]+)\t[^\t]*\t/;
const LINE = /^(([0-9a-f]{40})(?:\.[^\t]+)?)\t(-?\d+)\t([a-z-]+)\t([^\t]+)\t([^\t]*)\t(.*)$/;

function parseLine(kinds: Kinds, line: string): CommittedChange | undefined {
  const match = LINE.exec(line);
  if (!match) return undefined;
  const [, revision = '', commit = '', seconds = '0', state = '', key = '', author = '', what = ''] = match;
  const entry = {
    revision: revision as Revision,
    commit,
    time: new Date(Number(seconds) * 1000),
    author,
    what,
    state: isState(state) ? state : undefined,
  };
  if (!isRecordName(key as RecordKey)) return { ...entry, serial: key as Serial };
  const kind = kindOf(kinds, key as RecordName);
  return { ...entry, record: key, code: kind && recordCodeOf(kind, what) };
}

function keyIn(line: string): RecordKey {
  return (line.split('\t', 4)[3] ?? '') as RecordKey;
}

function isState(text: string): text is HostState {
  return (hostStates as readonly string[]).includes(text);
}

function nextTurn(): Promise<void> {
  return new Promise((resolve) => {
    setImmediate(resolve);
  });
}
