import { refuseConflicts } from '../../src/fleet/change-conflict.js';
import { FleetIndex } from '../../src/fleet/fleet-index.js';
import { ChangesTooOld, StoreUnavailable, UnknownRevision } from '../../src/host/errors.js';
import {
  isWanted,
  type EarlierHost,
  USUAL_LIMIT,
  type HostArchive,
  type LogFilter,
  type LoggedChange,
} from '../../src/host/host-archive.js';
import type { Host } from '../../src/host/host.js';
import {
  changesIn,
  type Author,
  type Decision,
  type FleetView,
  type HistoryEntry,
  type HostChange,
  type HostStore,
  type RecordedChange,
  type Revision,
  type StoreHealth,
} from '../../src/host/host-store.js';
import type { RecordKind, Records, RecordStore } from '../../src/host/record-kind.js';
import type { Serial } from '../../src/host/serial.js';
import { InMemoryRecords } from './fake-records.js';

/** The store's semantics without a disk: the same index, the same refusals; what is asked for is recorded a moment later. */
export class InMemoryHostStore extends FleetIndex implements HostStore, HostArchive, RecordStore {
  readonly recorded: RecordedChange[] = [];
  /** Of all kinds, in their order. */
  readonly #logged: LoggedChange[] = [];
  readonly #pending: FleetIndex;
  readonly #watchers = new Set<(change: RecordedChange) => void>();
  #asked = 0;
  #last: Promise<void> = Promise.resolve();
  #isClosed = false;
  readonly #records: ReadonlyMap<string, InMemoryRecords>;

  /** @param kinds what it keeps beside hosts. */
  constructor(
    hosts: readonly Host[] = [],
    defaultEtcdClusterToken?: string,
    kinds: readonly RecordKind[] = [],
  ) {
    super();
    this.defaultEtcdClusterToken = defaultEtcdClusterToken;
    for (const host of hosts) this.put(host);
    this.#pending = new FleetIndex(this);
    const parts = {
      fleet: this.#pending,
      note: (change: LoggedChange) => this.#logged.push(change),
      next: () => this.#nextRevision(),
      whenDurable: (record: () => void) => this.#whenDurable(record),
    };
    this.#records = new Map(kinds.map((kind) => [kind.name, new InMemoryRecords(kind, parts)]));
  }

  get kinds(): ReadonlyMap<string, RecordKind> {
    return new Map([...this.#records].map(([name, { kind }]) => [name, kind]));
  }

  records<T extends object, C extends string>(kind: RecordKind<T, C>): Records<T, C> {
    const records: unknown = this.#records.get(kind.name);
    if (!(records instanceof InMemoryRecords) || records.kind !== kind)
      throw new RangeError(`the store was opened without the kind ${kind.name}`);
    return records as unknown as Records<T, C>;
  }

  async change<D extends Decision>(author: Author, decide: (fleet: FleetView) => D): Promise<D> {
    this.#requireOpen();
    // Twice, as where somebody else's change comes first: a decision may be made again.
    decide(this.#pending);
    const decision = decide(this.#pending);
    const changes = changesIn(decision);
    refuseConflicts(this.#pending, changes);
    const staged = changes.map((change) => this.#stage(author, change));
    await this.#whenDurable(() => {
      for (const each of staged) this.#record(each);
    });
    return decision;
  }

  /** In the order in which it was asked for. */
  #whenDurable(record: () => void): Promise<void> {
    this.#requireOpen();
    const before = this.#last;
    const turn = async () => {
      await before;
      record();
    };
    this.#last = turn();
    return this.#last;
  }

  #requireOpen(): void {
    if (this.#isClosed) throw new StoreUnavailable('imago is shutting down');
  }

  history(serial: Serial, limit?: number): Promise<readonly HistoryEntry[]> {
    const entries = this.recorded
      .filter((change) => change.serial === serial)
      .map(({ revision, time, author, what, host }) => ({
        revision,
        time,
        author,
        what,
        state: host?.state,
      }));
    return Promise.resolve(entries.reverse().slice(0, limit));
  }

  log(filter: LogFilter): Promise<readonly LoggedChange[]> {
    const newestFirst = this.#logged.toReversed();
    const wanted = newestFirst.filter((change) => isWanted(change, filter));
    return Promise.resolve(wanted.slice(0, filter.limit ?? USUAL_LIMIT));
  }

  async changesAfter(
    revision: string,
    most: number,
  ): Promise<AsyncIterable<readonly LoggedChange[]> | undefined> {
    const position = this.#logged.findLastIndex((change) => change.revision === revision);
    if (position < 0) return undefined;
    if (this.#logged.length - position - 1 > most) throw new ChangesTooOld(most);
    return pagesOf(this.#logged.slice(position + 1));
  }

  newestChanges(): AsyncIterable<readonly LoggedChange[]> {
    return pagesOf(this.#logged.toReversed());
  }

  hostAt(serial: Serial, revision: string): Promise<EarlierHost> {
    const change =
      revision.length >= SHORTEST_REVISION &&
      this.recorded.findLast((each) => each.serial === serial && each.revision.startsWith(revision));
    if (!change) return Promise.reject(new UnknownRevision(serial, revision));
    return Promise.resolve({ revision: change.revision, host: change.host });
  }

  /** What happened to one machine, oldest first. */
  storyOf(serial: string): string[] {
    return this.recorded.filter((change) => change.serial === serial).map(({ what }) => what);
  }

  subscribe(watcher: (change: RecordedChange) => void): () => void {
    this.#watchers.add(watcher);
    return () => void this.#watchers.delete(watcher);
  }

  health(): StoreHealth {
    return { isWritable: !this.#isClosed, troubles: [] };
  }

  /** How it names its changes. */
  protected revisionOf(index: number): Revision {
    return index.toString(16).padStart(40, '0') as Revision;
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    await this.#last;
  }

  #stage(author: Author, { host, what, retired = false }: HostChange): RecordedChange {
    const change: RecordedChange = {
      ...this.#nextRevision(),
      author: author.name,
      serial: host.serial,
      what,
      host: retired ? undefined : host,
      before: this.#pending.host(host.serial),
    };
    follow(this.#pending, change);
    return change;
  }

  #nextRevision(): Pick<RecordedChange, 'revision' | 'time'> {
    const index = this.#asked;
    this.#asked += 1;
    return { revision: this.revisionOf(index), time: new Date(Date.UTC(2026, 0, 1, 0, 0, index)) };
  }

  #record(change: RecordedChange): void {
    follow(this, change);
    this.recorded.push(change);
    this.#logged.push(logged(change));
    for (const watcher of this.#watchers) watcher(change);
  }
}

/** Characters of its beginning by which a change can be named. */
const SHORTEST_REVISION = 4;

function follow(index: FleetIndex, { serial, host }: RecordedChange): void {
  if (host) index.put(host);
  else index.remove(serial);
}

/** In small parts, each with a turn of its own. */
async function* pagesOf(changes: readonly LoggedChange[]): AsyncGenerator<readonly LoggedChange[]> {
  for (let from = 0; from < changes.length; from += 100) {
    yield changes.slice(from, from + 100);
    await new Promise((resolve) => setImmediate(resolve));
  }
}

function logged({ host, revision, time, author, serial, what }: RecordedChange): LoggedChange {
  return { revision, time, author, serial, what, state: host?.state };
}

/** Its disk is gone: it can be read, but nothing can be recorded. */
export class BrokenHostStore extends InMemoryHostStore {
  override change<D extends Decision>(author: Author, decide: (fleet: FleetView) => D): Promise<D> {
    const decision = decide(this);
    if (changesIn(decision).length === 0) return Promise.resolve(decision);
    return Promise.reject(new StoreUnavailable(`no disk for what ${author.name} wants`));
  }

  protected override revisionOf(): Revision {
    throw new StoreUnavailable('no disk for records');
  }

  override health(): StoreHealth {
    return { isWritable: false, troubles: ['the disk is gone'] };
  }
}
