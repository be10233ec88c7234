import type { Serial } from '../host/serial.js';
import type { RawId } from '../git/object.js';
import {
  EMPTY_TREE,
  FILE_MODE,
  TREE_MODE,
  encodeTree,
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

/** The change of a record that is no host, seen from the trees. */
export interface RecordStep {
  readonly root: EncodedTree;
  /** Of its kind's folder. */
  readonly tree: EncodedTree;
  /** Those that are other ones now: its own, and each that a file of it strayed into. */
  readonly shards: ReadonlyMap<string, EncodedTree>;
  /** The id of its file; undefined when it was removed. */
  readonly fileId: RawId | undefined;
}

/**
 * Writes the file of a record that is no host, or takes it away, and the trees above it: four objects, however many records.
 * @param content undefined removes it.
 */
export function stepRecord(
  trees: FleetTrees,
  { kind, name: key, content, strays = [] }: Pick<RecordChange, 'kind' | 'name' | 'content' | 'strays'>,
  pack: PackBuilder,
): RecordStep {
  const { name } = partsOfName(key);
  const own = shardOf(name);
  const file = fileOfName(kind, name);
  const fileId = content && pack.add('blob', content, key);
  const folder = trees.folders.get(kind.name);
  const shards = new Map<string, EncodedTree>();
  const treeOf = (shard: string) => shards.get(shard) ?? folder?.shards.get(shard) ?? EMPTY_TREE;
  let tree = folder?.tree ?? EMPTY_TREE;
  for (const stray of strays) {
    const [, shard = '', within] = stray.split('/');
    if (within === undefined) tree = withoutEntry(tree, file);
    else shards.set(shard, withoutEntry(treeOf(shard), file));
  }
  shards.set(
    own,
    fileId === undefined
      ? withoutEntry(treeOf(own), file)
      : withEntry(treeOf(own), { mode: FILE_MODE, name: file, id: fileId }),
  );
  for (const [shard, changed] of shards) tree = withTree(tree, shard, changed, pack, `${kind.name}/${shard}`);
  return { root: withTree(trees.root, kind.name, tree, pack, kind.name), tree, shards, fileId };
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
