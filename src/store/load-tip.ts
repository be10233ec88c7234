import { InvalidHost } from '../host/host-json.js';
import type { FleetView } from '../host/host-store.js';
import type { Host } from '../host/host.js';
import { lineOfField } from '../host/record-kind.js';
import type { Serial } from '../host/serial.js';
import { formatIpv4 } from '../net/ipv4.js';
import { parseClusterFile } from './cluster-file.js';
import { FleetTip } from './fleet-tip.js';
import { hostTree } from './fleet-trees.js';
import { decodeCommit } from '../git/commit.js';
import { rawIdOf, type ObjectId, type RawId } from '../git/object.js';
import {
  EMPTY_TREE,
  FILE_MODE,
  LINK_MODE,
  TREE_MODE,
  encodeTree,
  treeEntries,
  treeEntry,
  type EncodedTree,
  type TreeEntry,
} from '../git/tree.js';
import { parseHostContent, readHostBlob } from './host-file.js';
import {
  CLUSTER_FILE,
  HOSTS_FOLDER,
  HOST_FILE,
  LARGEST_FILE,
  hostPathIn,
  hostFolder,
  hostPath,
  isShard,
  shardOf,
  type Kinds,
} from './layout.js';
import { linkFault } from './link-fault.js';
import { RecordsLoader, knownTree } from './load-records.js';
import type {
  DifferingFile,
  InvalidFile,
  KnownTip,
  LoadedTip,
  MisplacedFile,
  OtherFile,
} from './loaded-tip.js';
import type { ObjectReader } from '../git/object-reader.js';
import type { FoundFile } from './worktree/work-tree.js';

/**
 * The fleet as a commit has it. With a work tree that is at this commit only the commit, its root and its cluster file
 * are read from the repository: the ids of all other trees follow from the files.
 * @throws DamagedObject
 */
export function loadTip(
  reader: ObjectReader,
  kinds: Kinds,
  commit: ObjectId,
  known: KnownTip = {},
): LoadedTip {
  return new TipLoader(reader, kinds, known).load(commit);
}

const NO_EXTRAS = { extras: new Map<Serial, readonly TreeEntry[]>() };

class TipLoader {
  readonly #tip = new FleetTip();
  readonly #invalid: InvalidFile[] = [];
  readonly #differing: DifferingFile[] = [];
  readonly #misplaced: MisplacedFile[] = [];
  readonly #others: OtherFile[] = [];
  readonly #records: RecordsLoader;
  readonly #folderIds = new Map<FoundFile, RawId>();
  /** Hosts that are not as they were: read last, so that a conflict is theirs and not that of who was there before. */
  readonly #changed: { readonly shard: string; readonly serial: Serial; readonly id: RawId }[] = [];

  constructor(
    private readonly reader: ObjectReader,
    private readonly kinds: Kinds,
    private readonly known: KnownTip,
  ) {
    this.#records = new RecordsLoader(reader, known, this.#tip, (path, entry) => {
      this.#keep(path, entry);
    });
  }

  load(commit: ObjectId): LoadedTip {
    const tip = this.#tip;
    tip.commit = commit;
    tip.root = this.reader.readAs('tree', decodeCommit(this.reader.readAs('commit', commit)).tree);
    for (const entry of treeEntries(tip.root)) {
      if (entry.name === CLUSTER_FILE) this.#loadCluster(entry.id);
      else if (entry.name === HOSTS_FOLDER && entry.mode === TREE_MODE) this.#loadHosts(entry.id);
      else this.#loadFolder(entry);
    }
    for (const { shard, serial, id } of this.#changed) this.#loadHost(shard, serial, id);
    for (const [shard, hosts] of this.known.found?.hosts ?? []) {
      const committed = this.#namesIn(shard);
      for (const [serial, found] of hosts) {
        if (committed.has(serial)) continue;
        if (shard === shardOf(serial)) this.#differing.push({ key: serial, committed: undefined, found });
        else this.#misplaced.push({ path: hostPathIn(shard, serial), place: hostPath(serial) });
      }
    }
    return {
      tip,
      invalid: [...this.#invalid, ...this.#records.invalid],
      differing: [...this.#differing, ...this.#records.differing()],
      misplaced: this.#misplaced,
      strays: this.#records.strays,
      others: this.#others,
    };
  }

  /** Of records, or of what is nobody's but the operators'. */
  #loadFolder(entry: TreeEntry): void {
    const kind = entry.mode === TREE_MODE ? this.kinds.get(entry.name) : undefined;
    if (kind) this.#records.load(kind, entry.id);
    else this.#keep(entry.name, entry);
  }

  #loadCluster(id: RawId): void {
    const { foundCluster } = this.known;
    const isFound = foundCluster?.id.equals(id) === true;
    const content = isFound
      ? foundCluster.content
      : this.reader.readAs('blob', id.toString('hex'), LARGEST_FILE);
    const text = content.toString('utf8');
    const { defaultEtcdClusterToken, etcdDiscovery } = parseClusterFile(text);
    this.#tip.fleet.defaultEtcdClusterToken = defaultEtcdClusterToken;
    this.#tip.fleet.etcdDiscovery = etcdDiscovery;
    this.#others.push({ path: CLUSTER_FILE, mode: '100644', id });
  }

  #loadHosts(id: RawId): void {
    const candidates = new Map<string, EncodedTree>();
    for (const [shard, hosts] of this.known.found?.hosts ?? []) candidates.set(shard, this.#candidate(hosts));
    const candidate = encodeTree(
      [...candidates].map(([name, tree]) => ({ mode: TREE_MODE, name, id: rawIdOf('tree', tree) })),
    );
    this.#tip.hosts = knownTree(this.reader, id, candidate, this.known.previous?.hosts);
    for (const entry of treeEntries(this.#tip.hosts)) {
      if (entry.mode !== TREE_MODE || !isShard(entry.name)) {
        this.#keep(`${HOSTS_FOLDER}/${entry.name}`, entry);
        continue;
      }
      const previous = this.known.previous?.shards.get(entry.name);
      const tree = knownTree(this.reader, entry.id, candidates.get(entry.name), previous);
      this.#tip.shards.set(entry.name, tree);
      this.#loadShard(entry.name, tree, previous);
    }
  }

  #loadShard(shard: string, tree: EncodedTree, previous: EncodedTree | undefined): void {
    const before = new Map(previous ? [...treeEntries(previous)].map(({ name, id }) => [name, id]) : []);
    for (const entry of treeEntries(tree)) {
      const serial = entry.name as Serial;
      if (entry.mode !== TREE_MODE) {
        this.#keep(`${HOSTS_FOLDER}/${shard}/${entry.name}`, entry);
        continue;
      }
      const same = before.get(entry.name)?.equals(entry.id) ? this.known.previous : undefined;
      const host = same?.fleet.host(serial);
      if (same && host) {
        this.#tip.fleet.put(host);
        if (same.extras.has(serial) || this.known.found) this.#noteFolder(shard, serial, entry.id);
      } else {
        this.#changed.push({ shard, serial, id: entry.id });
      }
    }
  }

  #loadHost(shard: string, serial: Serial, id: RawId): void {
    const path = hostPathIn(shard, serial);
    try {
      const content = this.#committedFile(shard, serial, id);
      if (content) this.#tip.fleet.put(validHost(content, path, serial, this.#tip));
    } catch (error) {
      if (!(error instanceof InvalidHost)) throw error;
      this.#invalid.push({ key: serial, error });
    }
  }

  /** Undefined for a folder without a host's file. */
  #committedFile(shard: string, serial: Serial, id: RawId): Buffer | undefined {
    const found = this.known.found?.hosts.get(shard)?.get(serial);
    const entry = this.#noteFolder(shard, serial, id);
    if (!entry) return undefined;
    if (entry.mode === LINK_MODE) throw linkFault(hostPathIn(shard, serial));
    const file = entry.id;
    return found?.id.equals(file)
      ? found.content
      : readHostBlob(this.reader, file, hostPathIn(shard, serial));
  }

  /** What lies beside a host's file, and whether that file is the one of the work tree. @returns that file. */
  #noteFolder(shard: string, serial: Serial, id: RawId): Pick<TreeEntry, 'id' | 'mode'> | undefined {
    const found = this.known.found?.hosts.get(shard)?.get(serial);
    if (found && this.#folderId(serial, found).equals(id)) return { id: found.id, mode: FILE_MODE };
    const folder = this.reader.readAs('tree', id.toString('hex'));
    const extras = [...treeEntries(folder)].filter(({ name }) => name !== HOST_FILE);
    if (extras.length > 0) this.#tip.extras.set(serial, extras);
    for (const extra of extras) this.#keep(`${HOSTS_FOLDER}/${shard}/${serial}/${extra.name}`, extra);
    const file = treeEntry(folder, HOST_FILE);
    if (file && this.known.found && !found?.id.equals(file.id))
      this.#differing.push({ key: serial, committed: file.id, found });
    return file;
  }

  /** A shard of what was found. */
  #candidate(hosts: ReadonlyMap<Serial, FoundFile>): EncodedTree {
    const entries = [...hosts].map(([serial, found]) => ({
      mode: TREE_MODE,
      name: serial,
      id: this.#folderId(serial, found),
    }));
    return encodeTree(entries);
  }

  /** Of a host's folder with nothing but what was found. */
  #folderId(serial: Serial, found: FoundFile): RawId {
    const known = this.#folderIds.get(found);
    if (known) return known;
    const id = rawIdOf('tree', hostTree(NO_EXTRAS, serial, found.id));
    this.#folderIds.set(found, id);
    return id;
  }

  #keep(path: string, entry: TreeEntry): void {
    if (entry.mode !== TREE_MODE) {
      this.#others.push({ path, mode: entry.mode, id: entry.id });
      return;
    }
    for (const child of treeEntries(this.reader.readAs('tree', entry.id.toString('hex')))) {
      this.#keep(`${path}/${child.name}`, child);
    }
  }

  #namesIn(shard: string): ReadonlySet<string> {
    return new Set([...treeEntries(this.#tip.shards.get(shard) ?? EMPTY_TREE)].map(({ name }) => name));
  }
}

/**
 * A host's file that fits its place and the fleet.
 * @throws InvalidHost
 */
export function validHost(
  content: Buffer,
  path: string,
  serial: Serial,
  tip: { readonly fleet: FleetView },
): Host {
  const host = parseHostContent(content, path);
  const line = (field: string): number => lineOfField(content.toString('utf8'), field);
  if (host.serial !== serial || path !== hostPath(serial)) {
    throw new InvalidHost(
      'Serial',
      host.serial,
      `belongs into ${hostFolder(host.serial)}/: move the file or correct it`,
      {
        file: path,
        line: line('Serial'),
      },
    );
  }
  const holder =
    host.internalAddress === undefined ? undefined : tip.fleet.hostByAddress(host.internalAddress);
  if (host.internalAddress !== undefined && holder && holder.serial !== serial) {
    throw new InvalidHost(
      'InternalAddr',
      formatIpv4(host.internalAddress),
      `is the address of ${holder.serial}: give one of them another`,
      { file: path, line: line('InternalAddr') },
    );
  }
  return host;
}
