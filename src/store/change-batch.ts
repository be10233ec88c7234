import { formatHostFile } from '../host/host-json.js';
import type { Author, FleetView, HostChange, RecordedChange } from '../host/host-store.js';
import { recordCodeOf, type RecordEvent } from '../host/record-kind.js';
import { formatClusterFile, parseClusterFile, type ClusterSettings } from './cluster-file.js';
import type { CheckoutFile, FlushBatch } from './disk-messages.js';
import type { FleetTip } from './fleet-tip.js';
import { stepRecords, stepTrees, type RecordsStep, type TreeStep } from './fleet-trees.js';
import { encodeCommit, type Signature } from '../git/commit.js';
import type { ObjectId } from '../git/object.js';
import { FILE_MODE, withEntry, type EncodedTree } from '../git/tree.js';
import { CLUSTER_FILE, hostPathIn, partsOfName, recordPath } from './layout.js';
import type { RecordChange } from './record-file.js';
import { revisionOf } from './revision.js';
import { PackBuilder } from '../git/pack-builder.js';

/** Somebody who asked for changes and waits until they are durable. */
export interface Waiter {
  readonly author: Author;
  readonly decide: (fleet: FleetView, tip: FleetTip) => readonly HostChange[];
  /** Changes of records that are no hosts; asked for after `decide`. */
  readonly decideRecords?: (tip: FleetTip) => readonly RecordChange[];
  /** Told of what is made of these changes, each time that they are decided. */
  readonly staged?: (event: RecordEvent) => void;
  readonly resolve: () => void;
  readonly reject: (error: unknown) => void;
  /** All changes in one commit; with a second parent where it takes in others. */
  readonly asOne?: { readonly theirs?: ObjectId; readonly message: string };
  /** A change of the cluster's own file. */
  readonly cluster?: { readonly what: string; readonly settings: ClusterSettings };
}

export interface StagedChange {
  readonly recorded: RecordedChange;
  readonly step: TreeStep;
}

/** Of one commit. */
export interface StagedRecords {
  readonly step: RecordsStep;
  readonly events: readonly RecordEvent[];
}

/** Records whose files and trees are made, before their commit is. */
interface PutRecords {
  readonly step: RecordsStep;
  readonly facts: readonly Omit<RecordEvent, 'revision' | 'commit' | 'time' | 'author'>[];
}

const NO_RECORDS: readonly RecordChange[] = [];

/** Changes that become durable together, each its own commit, built as they arrive: what is left for later is to write them. */
export class ChangeBatch {
  readonly waiters: Waiter[] = [];
  readonly changes: StagedChange[] = [];
  readonly records: StagedRecords[] = [];
  /** Of every kind, in the order of the commits. */
  readonly recorded: (RecordedChange | RecordEvent)[] = [];
  readonly #pack = new PackBuilder();
  readonly #files = new Map<string, CheckoutFile>();
  #head: ObjectId | undefined;
  #root: EncodedTree | undefined;
  #cluster: ClusterSettings = {};

  /** @param pending the fleet as of the last change asked for; follows each change added. */
  constructor(private readonly pending: FleetTip) {}

  get hasWaiters(): boolean {
    return this.waiters.length > 0;
  }

  /** @param clusterText What the cluster's own file reads. */
  add(
    waiter: Waiter,
    changes: readonly HostChange[],
    time: Date,
    clusterText: () => string | undefined,
    records = NO_RECORDS,
  ): void {
    this.waiters.push(waiter);
    if (waiter.asOne) {
      const { theirs, message } = waiter.asOne;
      this.#record(waiter.author, changes, message, time, theirs === undefined ? [] : [theirs], records);
      return;
    }
    if (waiter.cluster) {
      const { what, settings } = waiter.cluster;
      this.#putCluster(settings, clusterText());
      this.#record(waiter.author, [], `cluster: ${what}`, time, []);
    }
    for (const change of changes) {
      this.#record(waiter.author, [change], `${change.host.serial}: ${change.what}`, time, []);
    }
    for (const record of records) {
      this.#record(waiter.author, [], `${record.name}: ${record.what}`, time, [], [record]);
      const [event] = this.records.at(-1)?.events ?? [];
      if (event) waiter.staged?.(event);
    }
  }

  /** Whether there is nothing to write. */
  get isEmpty(): boolean {
    return this.#head === undefined;
  }

  /** The last commit. */
  get head(): ObjectId | undefined {
    return this.#head;
  }

  finish(number: number, expected: ObjectId | undefined): FlushBatch {
    if (this.#head === undefined) throw new RangeError('a batch without changes has nothing to write');
    return { number, expected, next: this.#head, files: [...this.#files.values()], ...this.#pack.finish() };
  }

  /** What is durable stands where the last commit stands; its hosts were stepped to one by one. */
  settle(durable: FleetTip): void {
    durable.commit = this.#head;
    durable.root = this.#root ?? durable.root;
    Object.assign(durable.fleet, this.#cluster);
  }

  resolve(): void {
    for (const waiter of this.waiters) waiter.resolve();
  }

  reject(error: unknown): void {
    for (const waiter of this.waiters) waiter.reject(error);
  }

  #record(
    author: Author,
    changes: readonly HostChange[],
    message: string,
    time: Date,
    otherParents: readonly ObjectId[],
    records = NO_RECORDS,
  ): void {
    const parents = [...(this.pending.commit === undefined ? [] : [this.pending.commit]), ...otherParents];
    const staged = changes.map((change) => this.#putFile(change));
    const stagedRecords = records.length === 0 ? undefined : this.#putRecords(records);
    const isShared = staged.length + records.length > 1;
    const content = encodeCommit({
      tree: this.#pack.add('tree', this.pending.root).toString('hex'),
      parents,
      author: signatureOf(author, time),
      committer: signatureOf(IMAGO, time),
      message,
    });
    const commit = this.#pack.add('commit', content).toString('hex');
    this.#head = commit;
    this.#root = this.pending.root;
    this.pending.commit = commit;
    for (const { step, ...facts } of staged) {
      const revision = revisionOf(commit, facts.serial, isShared);
      const recorded = { revision, commit, time, author: author.name, ...facts };
      this.changes.push({ recorded, step });
      this.recorded.push(recorded);
    }
    if (!stagedRecords) return;
    const events = stagedRecords.facts.map((facts) => {
      const revision = revisionOf(commit, `${facts.kind}/${facts.name}`, isShared);
      return { revision, commit, time, author: author.name, ...facts };
    });
    this.records.push({ step: stagedRecords.step, events });
    this.recorded.push(...events);
  }

  #putCluster(settings: ClusterSettings, before: string | undefined): void {
    const content = formatClusterFile(settings, before);
    const id = this.#pack.add('blob', Buffer.from(content, 'utf8'), CLUSTER_FILE);
    this.pending.root = withEntry(this.pending.root, { mode: FILE_MODE, name: CLUSTER_FILE, id });
    this.#cluster = parseClusterFile(content);
    Object.assign(this.pending.fleet, this.#cluster);
    // No serial holds a slash, and no kind has an empty name.
    this.#files.set(`/${CLUSTER_FILE}`, { path: CLUSTER_FILE, content, id: Uint8Array.from(id) });
  }

  #putFile({ host, what, retired }: HostChange): Omit<
    RecordedChange,
    'revision' | 'commit' | 'time' | 'author'
  > & {
    readonly step: TreeStep;
  } {
    const { serial } = host;
    const before = this.pending.fleet.host(serial);
    const after = retired ? undefined : host;
    const content = after && formatHostFile(after);
    const bytes = content === undefined ? undefined : Buffer.from(content, 'utf8');
    const step = stepTrees(this.pending, serial, bytes, this.#pack);
    this.pending.step(step, serial, after);
    this.#files.set(serial, checkoutFile(hostPathIn(step.shard.name, serial), content, step));
    return { serial, what, host: after, before, step };
  }

  #putRecords(changes: readonly RecordChange[]): PutRecords {
    const step = stepRecords(this.pending, changes, this.#pack);
    const before = changes.map(({ name }) => this.pending.record(name));
    this.pending.stepRecords(step);
    const facts = changes.map(({ kind, name: key, record, content, what, strays = [] }, index) => {
      this.pending.putRecord(key, record);
      // First: a file may stand where a shard is to be.
      for (const path of strays) this.#files.set(`/${path}`, { path });
      const { name } = partsOfName(key);
      const fileId = step.fileIds[index];
      this.#files.set(key, checkoutFile(recordPath(kind, name), content, { fileId }));
      return { kind: kind.name, name, code: recordCodeOf(kind, what), what, record, before: before[index] };
    });
    return { step, facts };
  }
}

/** The daemon itself, as author and as the one who writes every commit. */
export const IMAGO: Author = { name: 'imago', kind: 'imago' };

export function signatureOf(author: Author, time: Date): Signature {
  return { name: author.name, email: `${author.name.replace(/[^\w.+-]+/g, '-')}@imago`, time };
}

function checkoutFile(
  path: string,
  content: string | Buffer | undefined,
  { fileId }: Pick<TreeStep, 'fileId'>,
): CheckoutFile {
  // A copy: a Buffer is sent to another thread with all of the memory that it is a small part of.
  const sent = typeof content === 'object' ? Uint8Array.from(content) : content;
  return sent !== undefined && fileId ? { path, content: sent, id: Uint8Array.from(fileId) } : { path };
}
