import type { Author, FleetView, HostChange, Revision } from '../host/host-store.js';
import type { ObjectReader } from '../git/object-reader.js';
import { UnknownRevision } from '../host/errors.js';
import {
  recordCodeOf,
  type EarlierRecord,
  type RecordDecision,
  type RecordEvent,
  type RecordHistoryEntry,
  type RecordKind,
  type Records,
} from '../host/record-kind.js';
import type { Waiter } from './change-batch.js';
import type { CommitLog } from './commit-log.js';
import type { FleetTip } from './fleet-tip.js';
import { recordKey, type RecordName } from './layout.js';
import { isSameRecord, recordChange, recordIn } from './record-file.js';
import { beginningOfRevision } from './revision.js';
import { recordFileAt } from './tree-diff.js';

interface RecordsParts {
  /** What is durable. */
  readonly tip: FleetTip;
  readonly log: CommitLog;
  readonly reader: ObjectReader;
  /** Decides, and has the changes written. */
  readonly ask: (waiter: Waiter) => void;
}

const NO_HOSTS: readonly HostChange[] = [];

/** The records of one kind, as part of the store. */
export class KindRecords implements Records<object> {
  readonly watchers = new Set<(event: RecordEvent) => void>();

  constructor(
    readonly kind: RecordKind,
    private readonly parts: RecordsParts,
  ) {}

  get(name: string): object | undefined {
    return this.parts.tip.record(this.#key(name));
  }

  list(): Iterable<readonly [string, object]> {
    return this.parts.tip.folders.get(this.kind.name)?.records ?? [];
  }

  change(
    name: string,
    decide: (record: object | undefined, fleet: FleetView) => RecordDecision<object, string> | undefined,
    author: Author,
  ): Promise<Revision | undefined> {
    return new Promise((resolve, reject) => {
      const key = recordKey(this.kind.name, name);
      let revision: Revision | undefined;
      this.parts.ask({
        author,
        decide: () => NO_HOSTS,
        decideRecords: (tip) => {
          revision = undefined;
          const record = tip.record(key);
          const decision = decide(record, tip.fleet);
          if (!decision || isSameRecord(this.kind, record, decision.record)) return [];
          return [recordChange(this.kind, key, decision)];
        },
        staged: (event) => {
          ({ revision } = event);
        },
        resolve: () => {
          resolve(revision);
        },
        reject,
      });
    });
  }

  async history(name: string, limit?: number): Promise<readonly RecordHistoryEntry[]> {
    const entries = await this.parts.log.ofRecord(this.#key(name), limit);
    return entries.map(({ revision, commit, time, author, what }) => {
      return { revision, commit, time, author, what, code: recordCodeOf(this.kind, what) };
    });
  }

  async at(name: string, revision: string): Promise<EarlierRecord> {
    const key = this.#key(name);
    const beginning = beginningOfRevision(revision);
    const entry = beginning === undefined ? undefined : await this.parts.log.find(key, beginning);
    if (!entry) throw new UnknownRevision(key, revision);
    const file = recordFileAt(this.parts.reader, this.kind, entry.commit, name);
    return {
      revision: entry.revision,
      commit: entry.commit,
      record: recordIn(this.parts.reader, this.kind, key, file),
    };
  }

  subscribe(watcher: (event: RecordEvent) => void): () => void {
    this.watchers.add(watcher);
    return () => this.watchers.delete(watcher);
  }

  #key(name: string): RecordName {
    return `${this.kind.name}/${name}`;
  }
}
