import { UnknownRevision } from '../../src/host/errors.js';
import type { LoggedChange } from '../../src/host/host-archive.js';
import type { Author, FleetView, RecordedChange, Revision } from '../../src/host/host-store.js';
import {
  recordCodeOf,
  recordWords,
  type EarlierRecord,
  type RecordDecision,
  type RecordEvent,
  type RecordHistoryEntry,
  type RecordKind,
  type Records,
} from '../../src/host/record-kind.js';
import { recordKey } from '../../src/store/layout.js';

/** Characters of its beginning by which a change can be named. */
const SHORTEST_REVISION = 4;

interface FakeParts {
  /** As decisions see it. */
  readonly fleet: FleetView;
  readonly next: () => Pick<RecordedChange, 'revision' | 'time'>;
  /** Into the log. */
  readonly note: (change: LoggedChange) => void;
  readonly whenDurable: (record: () => void) => Promise<void>;
}

/** The records of one kind, without a disk. What is put comes back as the codec reads it. */
export class InMemoryRecords implements Records<object> {
  readonly #durable = new Map<string, object>();
  readonly #pending = new Map<string, object>();
  readonly #past: RecordEvent[] = [];
  readonly #watchers = new Set<(event: RecordEvent) => void>();

  constructor(
    readonly kind: RecordKind,
    private readonly parts: FakeParts,
  ) {}

  get(name: string): object | undefined {
    return this.#durable.get(name);
  }

  list(): Iterable<readonly [string, object]> {
    return this.#durable;
  }

  async change(
    name: string,
    decide: (record: object | undefined, fleet: FleetView) => RecordDecision<object, string> | undefined,
    author: Author,
  ): Promise<Revision | undefined> {
    const key = recordKey(this.kind.name, name);
    const before = this.#pending.get(name);
    // Twice, as where somebody else's change comes first: a decision may be made again.
    decide(before, this.parts.fleet);
    const decision = decide(before, this.parts.fleet);
    const text = decision?.record && this.kind.format(decision.record);
    if (!decision || text === (before && this.kind.format(before))) {
      await this.parts.whenDurable(() => undefined);
      return undefined;
    }
    const record = text === undefined ? undefined : this.kind.parse(text, key);
    const what = recordWords(this.kind, decision.code as 'edited', decision.detail);
    const code = recordCodeOf(this.kind, what);
    const facts = { ...this.parts.next(), author: author.name, kind: this.kind.name, name, code, what };
    const event: RecordEvent = { ...facts, record, before };
    put(this.#pending, name, record);
    await this.parts.whenDurable(() => {
      put(this.#durable, name, record);
      this.#past.push(event);
      this.parts.note(loggedChange(event));
      for (const watcher of this.#watchers) watcher(event);
    });
    return event.revision;
  }

  history(name: string, limit?: number): Promise<readonly RecordHistoryEntry[]> {
    const entries = this.#past
      .filter((event) => event.name === name)
      .map(({ revision, time, author, what, code }) => ({ revision, time, author, what, code }));
    return Promise.resolve(entries.reverse().slice(0, limit));
  }

  at(name: string, revision: string): Promise<EarlierRecord> {
    const event =
      revision.length >= SHORTEST_REVISION &&
      this.#past.findLast((each) => each.name === name && each.revision.startsWith(revision));
    if (!event) return Promise.reject(new UnknownRevision(`${this.kind.name}/${name}`, revision));
    return Promise.resolve({ revision: event.revision, record: event.record });
  }

  subscribe(watcher: (event: RecordEvent) => void): () => void {
    this.#watchers.add(watcher);
    return () => this.#watchers.delete(watcher);
  }
}

function loggedChange({ kind, name, revision, time, author, code, what }: RecordEvent): LoggedChange {
  return { revision, time, author, record: `${kind}/${name}`, code, what, state: undefined };
}

function put(records: Map<string, object>, name: string, record: object | undefined): void {
  if (record) records.set(name, record);
  else records.delete(name);
}
