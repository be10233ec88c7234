import { setTimeout as pause } from 'node:timers/promises';
import { ImagoError } from '../errors.js';
import {
  changesIn,
  type Author,
  type Decision,
  type FleetView,
  type HistoryEntry,
  type HostChange,
  type HostStore,
  type RecordedChange,
  type StoreHealth,
} from '../host/host-store.js';
import type { RecordEvent, RecordKind, Records, RecordStore } from '../host/record-kind.js';
import type { EarlierHost, HostArchive, LogFilter, LoggedChange } from '../host/host-archive.js';
import type { Host } from '../host/host.js';
import type { Serial } from '../host/serial.js';
import { StoreUnavailable, UnknownRevision } from '../host/errors.js';
import type { Ipv4 } from '../net/ipv4.js';
import type { MacAddress } from '../net/mac-address.js';
import { refuseConflicts } from '../fleet/change-conflict.js';
import { ChangeBatch, IMAGO, type Waiter } from './change-batch.js';
import type { CommitLog } from './commit-log.js';
import type { DiskClient } from './disk-client.js';
import type { ClusterSettings } from './cluster-file.js';
import type { FleetTip } from './fleet-tip.js';
import type { ObjectId } from '../git/object.js';
import type { ObjectReader } from '../git/object-reader.js';
import { treeEntry } from '../git/tree.js';
import { KindRecords } from './kind-records.js';
import { CLUSTER_FILE, LARGEST_FILE, type Kinds } from './layout.js';
import type { Maintenance } from './maintenance.js';
import type { RecordChange } from './record-file.js';
import type { RemoteChanges } from './remote/remote-changes.js';
import type { MergeRequest } from './remote/remote-sync.js';
import { beginningOfRevision } from './revision.js';
import type { StoreLogger } from './store-logger.js';
import { movesMessage } from './worktree/torn-checkout.js';
import { hostAt, movesIn, type Refusals, type TakenUp } from './take-up.js';

/** How often the branch is looked at for commits made outside. */
const LOOK_MS = 1000;
/**
 * In a storm a flush begins so long after the one before it, in milliseconds: what each costs does not depend on how many
 * share it. A batch of so many changes is what tells a storm; a machine alone never waits.
 */
const FLUSH_APART_MS = 20;
const STORM_CHANGES = 6;

export interface StoreParts {
  readonly tip: FleetTip;
  readonly reader: ObjectReader;
  readonly kinds: Kinds;
  readonly disk: DiskClient;
  readonly log: CommitLog;
  readonly maintenance: Maintenance;
  readonly clock: () => Date;
  readonly logger: StoreLogger;
  /** What commits that somebody else put on the branch say, and the work tree told to follow them. */
  readonly takeUp: (head: ObjectId | undefined, previous: FleetTip) => TakenUp;
  /** Where the branch stands now. */
  readonly readHead: () => ObjectId | undefined;
  /** What else is wrong, as sentences for operators. */
  readonly troubles: () => readonly string[];
  readonly release: () => Promise<void>;
}

/**
 * The fleet in memory, and each change of it a commit. Decisions see the fleet as it will be once all that was asked
 * before is written; readers see only what is durable.
 */
export class GitHostStore implements HostStore, HostArchive, RecordStore {
  readonly #durable: FleetTip;
  readonly #pending: FleetTip;
  readonly #watchers = new Set<(change: RecordedChange) => void>();
  readonly #records: ReadonlyMap<string, KindRecords>;
  #open: ChangeBatch;
  #running: Promise<void> | undefined;
  #isClosed = false;
  #refusal: StoreUnavailable | undefined;
  #batches = 0;
  readonly #watch: NodeJS.Timeout;

  constructor(private readonly parts: StoreParts) {
    this.#durable = parts.tip;
    this.#pending = parts.tip.copy();
    this.#open = new ChangeBatch(this.#pending);
    const ofKinds = {
      tip: this.#durable,
      log: parts.log,
      reader: parts.reader,
      ask: (waiter: Waiter): void => {
        this.#ask(waiter);
      },
    };
    this.#records = new Map([...parts.kinds].map(([name, kind]) => [name, new KindRecords(kind, ofKinds)]));
    this.#watch = setInterval(() => {
      this.#lookAtBranch();
    }, LOOK_MS);
    this.#watch.unref();
  }

  change<D extends Decision>(author: Author, decide: (fleet: FleetView) => D): Promise<D> {
    return new Promise((resolve, reject) => {
      let decision: D;
      this.#ask({
        author,
        decide: (fleet) => {
          decision = decide(fleet);
          return changesIn(decision);
        },
        resolve: () => {
          resolve(decision);
        },
        reject,
      });
    });
  }

  /** Records what holds for the cluster as a whole. @throws StoreUnavailable */
  changeCluster(settings: ClusterSettings, what: string): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#ask({ author: IMAGO, decide: () => [], resolve, reject, cluster: { what, settings } });
    });
  }

  get kinds(): Kinds {
    return this.parts.kinds;
  }

  /** The records of a kind that the store was opened with. */
  records<T extends object, C extends string>(kind: RecordKind<T, C>): Records<T, C> {
    const records: unknown = this.#records.get(kind.name);
    if (!(records instanceof KindRecords) || records.kind !== kind) {
      throw new RangeError(`the store was opened without the kind ${kind.name}`);
    }
    return records as unknown as Records<T, C>;
  }

  /** Takes in commits made elsewhere: one commit with two parents, also when no record is changed by it. */
  merge(request: MergeRequest): Promise<RemoteChanges> {
    const { author, theirs, message, decide, beforeRecord } = request;
    return new Promise((resolve, reject) => {
      let decision: RemoteChanges;
      this.#begin({
        author,
        asOne: { theirs, message },
        decide: (_, tip) => {
          decision = decide(tip);
          beforeRecord(decision);
          return decision.changes;
        },
        decideRecords: () => decision.records,
        resolve: () => {
          resolve(decision);
        },
        reject,
      });
    });
  }

  /** Commits what puts right records that could not be taken, and moves those that are not in their place. */
  async putRight({ changes, records, moves }: Refusals): Promise<void> {
    const refused: Omit<Waiter, 'resolve' | 'reject'> = {
      author: IMAGO,
      decide: () => changes,
      decideRecords: () => records,
    };
    const moved: Omit<Waiter, 'resolve' | 'reject'> = {
      author: IMAGO,
      decide: () => [],
      decideRecords: (tip) => movesIn(tip, moves),
      ...(moves.length > 1 && { asOne: { message: movesMessage(moves.length) } }),
    };
    await Promise.all(
      [refused, moved].map(
        (waiter) => new Promise<void>((resolve, reject) => this.#begin({ ...waiter, resolve, reject })),
      ),
    );
  }

  #ask(waiter: Waiter): void {
    if (this.#isClosed) waiter.reject(new StoreUnavailable('imago is shutting down'));
    else this.#begin(waiter);
  }

  #begin(waiter: Waiter): void {
    this.#enter(waiter);
    this.#running ??= this.#run();
  }

  /** The last durable commit. */
  get head(): ObjectId | undefined {
    return this.#durable.commit;
  }

  history(serial: Serial, limit?: number): Promise<readonly HistoryEntry[]> {
    return this.parts.log.ofHost(serial, limit);
  }

  log(filter: LogFilter): Promise<readonly LoggedChange[]> {
    return this.parts.log.select(filter);
  }

  changesAfter(revision: string, most: number): Promise<AsyncIterable<readonly LoggedChange[]> | undefined> {
    return this.parts.log.after(revision, most);
  }

  newestChanges(): AsyncIterable<readonly LoggedChange[]> {
    return this.parts.log.newest();
  }

  async hostAt(serial: Serial, revision: string): Promise<EarlierHost> {
    const beginning = beginningOfRevision(revision);
    const entry = beginning === undefined ? undefined : await this.parts.log.find(serial, beginning);
    if (!entry) throw new UnknownRevision(serial, revision);
    return { ...entry, host: hostAt(this.parts.reader, entry.commit, serial) };
  }

  subscribe(watcher: (change: RecordedChange) => void): () => void {
    this.#watchers.add(watcher);
    return () => this.#watchers.delete(watcher);
  }

  health(): StoreHealth {
    const { lag } = this.parts.disk;
    const { damage } = this.parts.log;
    const troubles = [
      ...this.parts.troubles(),
      ...(this.#refusal ? [this.#refusal.message] : []),
      ...(damage === undefined ? [] : [`history is not complete: ${damage}`]),
      ...(lag === undefined ? [] : [`the work tree is behind the commits: ${lag}`]),
    ];
    return { isWritable: !this.#refusal && !this.#isClosed, troubles };
  }

  async close(): Promise<void> {
    if (this.#isClosed) return;
    this.#isClosed = true;
    clearInterval(this.#watch);
    await this.#running;
    await this.parts.maintenance.close();
    await this.parts.disk.close();
    await this.parts.log.close();
    await this.parts.release();
  }

  get size(): number {
    return this.#durable.fleet.size;
  }

  get etcdDiscovery(): string | undefined {
    return this.#durable.fleet.etcdDiscovery;
  }

  get defaultEtcdClusterToken(): string | undefined {
    return this.#durable.fleet.defaultEtcdClusterToken;
  }

  host(serial: Serial): Host | undefined {
    return this.#durable.fleet.host(serial);
  }

  hostByMac(mac: MacAddress): Host | undefined {
    return this.#durable.fleet.hostByMac(mac);
  }

  hostByAddress(address: Ipv4): Host | undefined {
    return this.#durable.fleet.hostByAddress(address);
  }

  hosts(): Iterable<Host> {
    return this.#durable.fleet.hosts();
  }

  profileCount(profile: string): number {
    return this.#durable.fleet.profileCount(profile);
  }

  /** Decides and stages; a decision that throws, or breaks a rule of the fleet, leaves nothing behind. */
  #enter(waiter: Waiter): void {
    let changes: readonly HostChange[];
    let records: readonly RecordChange[] | undefined;
    try {
      changes = waiter.decide(this.#pending.fleet, this.#pending);
      refuseConflicts(this.#pending.fleet, changes);
      records = waiter.decideRecords?.(this.#pending);
    } catch (error) {
      waiter.reject(error);
      return;
    }
    this.#open.add(waiter, changes, this.parts.clock(), () => this.#clusterText(), records);
  }

  /** The cluster's own file. */
  #clusterText(): string | undefined {
    const entry = treeEntry(this.#durable.root, CLUSTER_FILE);
    return entry && this.parts.reader.readAs('blob', entry.id.toString('hex'), LARGEST_FILE).toString('utf8');
  }

  /** Writes batch after batch until none waits; what arrives while one is written makes up the next. */
  async #run(): Promise<void> {
    await nextTurn();
    while (this.#open.hasWaiters) {
      const batch = this.#open;
      this.#open = new ChangeBatch(this.#pending);
      const began = performance.now();
      await this.#write(batch);
      const rest = began + FLUSH_APART_MS - performance.now();
      if (batch.recorded.length >= STORM_CHANGES && rest > 0) await pause(rest);
    }
    this.#running = undefined;
  }

  async #write(batch: ChangeBatch): Promise<void> {
    if (batch.isEmpty) {
      batch.resolve();
      return;
    }
    this.#batches += 1;
    const outcome = await this.parts.disk.flush(batch.finish(this.#batches, this.#durable.commit));
    switch (outcome.kind) {
      case 'durable':
        this.#settle(batch);
        break;
      case 'moved':
        this.#takeUp(outcome.head, batch);
        break;
      case 'failed':
        this.#refuse(batch, outcome.message, outcome.errorCode);
        break;
    }
  }

  #settle(batch: ChangeBatch): void {
    if (this.#refusal) this.parts.logger.info({}, 'changes can be recorded again');
    this.#refusal = undefined;
    for (const { recorded, step } of batch.changes) {
      this.#durable.step(step, recorded.serial, recorded.host);
    }
    for (const { events, step } of batch.records) {
      this.#durable.stepRecords(step);
      for (const { kind, name, record } of events) this.#durable.putRecord(`${kind}/${name}`, record);
    }
    batch.settle(this.#durable);
    this.parts.maintenance.noteBatch(batch.recorded.length);
    this.parts.log.append(batch.recorded);
    for (const recorded of batch.recorded) this.#tell(recorded);
    batch.resolve();
  }

  #refuse(batch: ChangeBatch, message: string, code: string | undefined): void {
    const kind = code === 'ENOSPC' || code === 'EDQUOT' ? 'full' : 'unavailable';
    this.#refusal = new StoreUnavailable(message, kind);
    this.parts.logger.error(
      { error: message, changes: batch.recorded.length },
      'changes could not be recorded',
    );
    const waiting = this.#startOver(batch);
    batch.reject(this.#refusal);
    for (const waiter of waiting) this.#enter(waiter);
  }

  /** Somebody else's commit came first: what was decided without it is decided again with it. */
  #takeUp(head: ObjectId | undefined, batch: ChangeBatch | undefined): void {
    const waiting = [...(batch?.waiters ?? []), ...this.#startOver(batch)];
    let taken: TakenUp;
    try {
      taken = this.parts.takeUp(head, this.#durable);
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      this.#refusal = new StoreUnavailable(reason, 'unavailable', { cause: error });
      this.parts.logger.error({ commit: head, error: reason }, 'a commit made outside imago cannot be read');
      for (const waiter of waiting) waiter.reject(this.#refusal);
      return;
    }
    const { tip } = taken.loaded;
    const serials = [...this.#durable.fleet.hosts(), ...tip.fleet.hosts()].map(({ serial }) => serial);
    this.#durable.returnTo(tip, serials);
    this.#pending.returnTo(tip, serials);
    this.#open = new ChangeBatch(this.#pending);
    this.#refusal = undefined;
    this.parts.logger.info(
      { commit: head, hosts: taken.changes.length },
      'commits made outside imago were taken up',
    );
    if (taken.isDescendant) this.parts.log.append(taken.changes);
    else if (head !== undefined) this.parts.log.restart(head);
    for (const change of taken.changes) this.#tell(change);
    this.#refuseFiles(taken.refusals);
    for (const waiter of waiting) this.#enter(waiter);
  }

  /** What cannot be taken of a foreign commit is put right by a commit that says why. */
  #refuseFiles(refusals: Refusals): void {
    const { changes, records, moves } = refusals;
    if (changes.length + records.length + moves.length === 0) return;
    for (const { what, host } of changes)
      this.parts.logger.error({ serial: host.serial, error: what }, 'edit refused');
    for (const { what, name } of records)
      this.parts.logger.error({ record: name, error: what }, 'edit refused');
    this.putRight(refusals).catch((error: unknown) => {
      const reason = error instanceof Error ? error.message : 'it failed without a reason';
      this.parts.logger.error({ error: reason }, 'a refused edit could not be put right');
    });
  }

  /** After a refusal: whether the disk takes writes again, so that health is right without waiting for a machine. */
  async #probe(): Promise<void> {
    const refusal = this.#refusal;
    const outcome = await this.parts.disk.probe();
    if (outcome.kind !== 'durable' || this.#refusal !== refusal || !refusal) return;
    this.#refusal = undefined;
    this.parts.logger.info({}, 'changes can be recorded again');
  }

  /** While nothing is being written, a branch that moved was moved by somebody else. */
  #lookAtBranch(): void {
    if (this.#running || this.#isClosed) return;
    if (this.#refusal) void this.#probe();
    try {
      const head = this.parts.readHead();
      if (head !== this.#durable.commit) this.#takeUp(head, undefined);
    } catch (error) {
      if (!(error instanceof ImagoError)) throw error;
      this.#refusal = new StoreUnavailable(error.message, 'unavailable', { cause: error });
    }
  }

  /** Memory goes back to what is durable. @returns who waits with changes that were built on the failed ones. */
  #startOver(failed: ChangeBatch | undefined): readonly Waiter[] {
    const open = this.#open;
    const touched = [...(failed?.changes ?? []), ...open.changes].map(({ recorded }) => recorded.serial);
    this.#pending.returnTo(this.#durable, touched);
    this.#open = new ChangeBatch(this.#pending);
    return open.waiters;
  }

  #tell(change: RecordedChange | RecordEvent): void {
    if ('serial' in change) this.#tellAll(this.#watchers, change);
    else this.#tellAll(this.#records.get(change.kind)?.watchers ?? [], change);
  }

  #tellAll<C extends RecordedChange | RecordEvent>(watchers: Iterable<(change: C) => void>, change: C): void {
    for (const watcher of watchers) {
      try {
        watcher(change);
      } catch (error) {
        this.parts.logger.error({ error: String(error), commit: change.commit }, 'a watcher failed');
      }
    }
  }
}

function nextTurn(): Promise<void> {
  return new Promise((resolve) => {
    setImmediate(resolve);
  });
}
