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
import { HOSTS_FOLDER, HOST_FILE, fileOfName, partsOfName, shardOf, type RecordName } from './layout.js';
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
  readonly folders: ReadonlyMap<string, { readonly tree: EncodedTree }>;
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
  const hosts =
    shard.length === 0
      ? withoutEntry(trees.hosts, name)
      : withEntry(trees.hosts, {
          mode: TREE_MODE,
          name,
          id: pack.add('tree', shard, `${HOSTS_FOLDER}/${name}`),
        });
  const root =
    hosts.length === 0
      ? withoutEntry(trees.root, HOSTS_FOLDER)
      : withEntry(trees.root, {
          mode: TREE_MODE,
          name: HOSTS_FOLDER,
          id: pack.add('tree', hosts, HOSTS_FOLDER),
        });
  return { root, hosts, shard: { name, tree: shard }, fileId };
}

/** The change of a record that is no host, seen from the trees. */
export interface RecordStep {
  readonly root: EncodedTree;
  /** Of its kind's folder. */
  readonly tree: EncodedTree;
  /** The id of its file; undefined when it was removed. */
  readonly fileId: RawId | undefined;
}

/**
 * Writes the file of a record that is no host, or takes it away: its kind has one folder, without shards.
 * @param content undefined removes it.
 */
export function stepRecord(
  trees: FleetTrees,
  key: RecordName,
  content: Buffer | undefined,
  pack: PackBuilder,
): RecordStep {
  const { kind, name } = partsOfName(key);
  const fileId = content && pack.add('blob', content, key);
  const before = trees.folders.get(kind)?.tree ?? EMPTY_TREE;
  const tree =
    fileId === undefined
      ? withoutEntry(before, fileOfName(name))
      : withEntry(before, { mode: FILE_MODE, name: fileOfName(name), id: fileId });
  const root =
    tree.length === 0
      ? withoutEntry(trees.root, kind)
      : withEntry(trees.root, { mode: TREE_MODE, name: kind, id: pack.add('tree', tree, kind) });
  return { root, tree, fileId };
}

/** The tree of a host's folder, given the id of its file. */
export function hostTree(trees: Pick<FleetTrees, 'extras'>, serial: Serial, file: RawId): EncodedTree {
  const entry: TreeEntry = { mode: FILE_MODE, name: HOST_FILE, id: file };
  return encodeTree([entry, ...(trees.extras.get(serial) ?? [])]);
}
