import type { Serial } from '../host/serial.js';
import type { RawId } from '../git/object.js';
import {
  EMPTY_TREE,
  FILE_MODE,
  TREE_MODE,
  encodeTree,
  treeEntries,
  withEntry,
  withoutEntry,
  type EncodedTree,
  type TreeEntry,
} from '../git/tree.js';
import { HOSTS_FOLDER, HOST_FILE, fileOfName, partsOfName, shardOf } from './layout.js';
import type { RecordChange } from './record-file.js';
import type { PackBuilder } from '../git/pack-builder.js';

/** The trees of a commit. Values: a change makes new ones and shares what it did not touch. */
export interface FleetTrees {
  readonly root: EncodedTree;
  readonly hosts: EncodedTree;
  /** By shard. The trees of single hosts are made when they are written: all they hold is one file. */
  readonly shards: ReadonlyMap<string, EncodedTree>;
  /** What operators keep in a host's folder beside its file. */
  readonly extras: ReadonlyMap<Serial, readonly TreeEntry[]>;
  /** Of records that are no hosts, by kind. */
  readonly folders: ReadonlyMap<string, RecordTrees>;
}

/** The folder of a kind, and the shards in it by name. */
interface RecordTrees {
  readonly tree: EncodedTree;
  readonly shards: ReadonlyMap<string, EncodedTree>;
}

/** One file's change, seen from the trees: what the next commit replaces. */
export interface TreeStep {
  readonly root: EncodedTree;
  readonly hosts: EncodedTree;
  readonly shard: { readonly name: string; readonly tree: EncodedTree };
  /** The id of the host's file; undefined when the host was retired. */
  readonly fileId: RawId | undefined;
}

/**
 * Writes a host's file, or takes it away, and the trees above it: five objects, however large the fleet.
 * @param content undefined retires the host.
 */
export function stepTrees(
  trees: FleetTrees,
  serial: Serial,
  content: Buffer | undefined,
  pack: PackBuilder,
): TreeStep {
  const name = shardOf(serial);
  const fileId = content && pack.add('blob', content, `${HOSTS_FOLDER}/${name}/${serial}`);
  const before = trees.shards.get(name) ?? EMPTY_TREE;
  const shard =
    fileId === undefined
      ? withoutEntry(before, serial)
      : withEntry(before, {
          mode: TREE_MODE,
          name: serial,
          id: pack.add('tree', hostTree(trees, serial, fileId)),
        });
  const hosts = withTree(trees.hosts, name, shard, pack, `${HOSTS_FOLDER}/${name}`);
  const root = withTree(trees.root, HOSTS_FOLDER, hosts, pack, HOSTS_FOLDER);
  return { root, hosts, shard: { name, tree: shard }, fileId };
}

/** The change of records that are no hosts, seen from the trees: what one commit replaces. */
export interface RecordsStep {
  readonly root: EncodedTree;
  /** By kind; of shards those that are other ones now. */
  readonly folders: ReadonlyMap<string, RecordTrees>;
  /** The ids of their files, in their order; undefined for one that was removed. */
  readonly fileIds: readonly (RawId | undefined)[];
}

/**
 * Writes the files of records that are no hosts, or takes them away, and once each tree above them: four objects for one,
 * however many there are.
 */
export function stepRecords(
  trees: FleetTrees,
  changes: readonly RecordFileChange[],
  pack: PackBuilder,
): RecordsStep {
  const folders = new Map<string, ChangedFolder>();
  const fileIds = changes.map((change) => {
    const { kind } = change;
    const folder = folders.get(kind.name) ?? new ChangedFolder(trees.folders.get(kind.name));
    folders.set(kind.name, folder);
    return folder.put(change, pack);
  });
  let { root } = trees;
  const changed = new Map<string, RecordTrees>();
  for (const [kind, folder] of folders) {
    const tree = folder.tree(kind, pack);
    changed.set(kind, { tree, shards: folder.shards });
    root = withTree(root, kind, tree, pack, kind);
  }
  return { root, folders: changed, fileIds };
}

type RecordFileChange = Pick<RecordChange, 'kind' | 'name' | 'content' | 'strays'>;

/** The folder of one kind, while files in it change. */
class ChangedFolder {
  readonly shards = new Map<string, EncodedTree>();
  readonly #gone = new Set<string>();

  constructor(private readonly before: RecordTrees | undefined) {}

  put({ kind, name: key, content, strays = [] }: RecordFileChange, pack: PackBuilder): RawId | undefined {
    const { name } = partsOfName(key);
    const own = shardOf(name);
    const file = fileOfName(kind, name);
    for (const stray of strays) {
      const [, shard = '', within] = stray.split('/');
      if (within === undefined) this.#gone.add(file);
      else this.shards.set(shard, withoutEntry(this.#shard(shard), file));
    }
    const id = content && pack.add('blob', content, key);
    this.shards.set(
      own,
      id === undefined
        ? withoutEntry(this.#shard(own), file)
        : withEntry(this.#shard(own), { mode: FILE_MODE, name: file, id }),
    );
    return id;
  }

  tree(kind: string, pack: PackBuilder): EncodedTree {
    let tree = this.before?.tree ?? EMPTY_TREE;
    if (this.#gone.size > 0)
      tree = encodeTree(
        [...treeEntries(tree)].filter(({ name, mode }) => mode === TREE_MODE || !this.#gone.has(name)),
      );
    for (const [shard, changed] of this.shards)
      tree = withTree(tree, shard, changed, pack, `${kind}/${shard}`);
    return tree;
  }

  #shard(name: string): EncodedTree {
    return this.shards.get(name) ?? this.before?.shards.get(name) ?? EMPTY_TREE;
  }
}

/** A folder within a tree, which names no empty ones. */
function withTree(
  parent: EncodedTree,
  name: string,
  tree: EncodedTree,
  pack: PackBuilder,
  path: string,
): EncodedTree {
  return tree.length === 0
    ? withoutEntry(parent, name)
    : withEntry(parent, { mode: TREE_MODE, name, id: pack.add('tree', tree, path) });
}

/** The tree of a host's folder, given the id of its file. */
export function hostTree(trees: Pick<FleetTrees, 'extras'>, serial: Serial, file: RawId): EncodedTree {
  const entry: TreeEntry = { mode: FILE_MODE, name: HOST_FILE, id: file };
  return encodeTree([entry, ...(trees.extras.get(serial) ?? [])]);
}
