import type { Host } from '../host/host.js';
import type { Serial } from '../host/serial.js';
import { FleetIndex } from '../fleet/fleet-index.js';
import type { FleetTrees, RecordsStep, TreeStep } from './fleet-trees.js';
import type { ObjectId } from '../git/object.js';
import { EMPTY_TREE, type EncodedTree, type TreeEntry } from '../git/tree.js';
import { partsOfName, type RecordName } from './layout.js';

/** The records of one kind beside hosts, by their names. */
interface RecordFolder {
  readonly tree: EncodedTree;
  readonly shards: Map<string, EncodedTree>;
  readonly records: Map<string, object>;
}

/** A commit with all that it says of the fleet, in memory. The store has two: the durable one, and what is being written. */
export class FleetTip implements FleetTrees {
  commit: ObjectId | undefined;
  root: EncodedTree = EMPTY_TREE;
  hosts: EncodedTree = EMPTY_TREE;
  shards = new Map<string, EncodedTree>();
  extras = new Map<Serial, readonly TreeEntry[]>();
  /** By kind. */
  folders = new Map<string, RecordFolder>();

  constructor(readonly fleet = new FleetIndex()) {}

  /** @param host undefined retires it. */
  step(step: TreeStep, serial: Serial, host: Host | undefined): void {
    this.root = step.root;
    this.hosts = step.hosts;
    this.shards.set(step.shard.name, step.shard.tree);
    if (host) this.fleet.put(host);
    else this.fleet.remove(serial);
  }

  /** The records themselves are put by `putRecord`. */
  stepRecords({ root, folders }: Pick<RecordsStep, 'root' | 'folders'>): void {
    this.root = root;
    for (const [kind, { tree, shards }] of folders) {
      const folder = this.folders.get(kind) ?? { shards: new Map(), records: new Map() };
      for (const [shard, changed] of shards) folder.shards.set(shard, changed);
      this.folders.set(kind, { ...folder, tree });
    }
  }

  /** In memory alone. @param record undefined removes it. */
  putRecord(key: RecordName, record: object | undefined): void {
    const { kind, name } = partsOfName(key);
    const records = this.folders.get(kind)?.records;
    if (record) records?.set(name, record);
    else records?.delete(name);
  }

  record(key: RecordName): object | undefined {
    const { kind, name } = partsOfName(key);
    return this.folders.get(kind)?.records.get(name);
  }

  /** Stands where `other` stands; of the fleet only `serials` can differ. */
  returnTo(other: FleetTip, serials: Iterable<Serial>): void {
    this.commit = other.commit;
    this.root = other.root;
    this.hosts = other.hosts;
    this.shards = new Map(other.shards);
    this.extras = new Map(other.extras);
    this.folders = new Map(
      [...other.folders].map(([kind, { tree, shards, records }]) => [
        kind,
        { tree, shards: new Map(shards), records: new Map(records) },
      ]),
    );
    this.fleet.defaultEtcdClusterToken = other.fleet.defaultEtcdClusterToken;
    this.fleet.etcdDiscovery = other.fleet.etcdDiscovery;
    const touched = new Set(serials);
    for (const serial of touched) this.fleet.remove(serial);
    for (const serial of touched) {
      const host = other.fleet.host(serial);
      if (host) this.fleet.put(host);
    }
  }

  copy(): FleetTip {
    const tip = new FleetTip(new FleetIndex(this.fleet));
    tip.returnTo(this, []);
    return tip;
  }
}
