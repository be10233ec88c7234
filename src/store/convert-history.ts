import type { Serial } from '../host/serial.js';
import { flushBatch } from './disk.js';
import { FleetTip } from './fleet-tip.js';
import { stepTrees } from './fleet-trees.js';
import { decodeCommit, encodeCommit, type Commit } from './git-commit.js';
import type { ObjectId, RawId } from './git-object.js';
import {
  EMPTY_TREE,
  FILE_MODE,
  TREE_MODE,
  encodeTree,
  treeEntries,
  withEntry,
  withoutEntry,
  type EncodedTree,
} from './git-tree.js';
import { CLUSTER_FILE, HOST_FILE } from './layout.js';
import type { ObjectReader } from './object-reader.js';
import { PackBuilder } from './pack-builder.js';
import type { RepositoryPaths } from './repository.js';

/** What one commit did, whatever the layout of its folder. A file without content was removed. */
export interface FileChanges {
  readonly hosts: readonly { readonly serial: Serial; readonly content: Buffer | undefined }[];
  readonly cluster: Buffer | undefined;
}

/** The trees of a folder that is being written, commit by commit. */
export interface TreeWriter {
  put(serial: Serial, content: Buffer | undefined, pack: PackBuilder): void;
  putCluster(content: Buffer, pack: PackBuilder): void;
  /** The tree of the next commit. */
  root(pack: PackBuilder): RawId;
}

/** Commits written with one flush: if this is interrupted, all of it is done again anyway. */
const COMMITS_PER_PACK = 500;

/**
 * Writes a history again with other trees: every commit keeps its author, its times and its words.
 * @param changesOf what a commit did, given the commit before it
 * @returns the new head
 */
export async function convertHistory(
  source: ObjectReader,
  commits: readonly ObjectId[],
  changesOf: (commit: Commit, parent: Commit | undefined) => FileChanges,
  writer: TreeWriter,
  target: RepositoryPaths,
): Promise<ObjectId | undefined> {
  let head: ObjectId | undefined;
  let written: ObjectId | undefined;
  let before: Commit | undefined;
  let pack = new PackBuilder();
  const flush = async (number: number): Promise<void> => {
    if (head === undefined || head === written) return;
    const batch = { number, expected: written, next: head, files: [], ...pack.finish() };
    const outcome = await flushBatch(
      target.gitDirectory,
      target.scratchFolder,
      'refs/heads/main',
      batch,
      () => undefined,
    );
    if (outcome.kind !== 'durable')
      throw new Error(outcome.kind === 'failed' ? outcome.message : 'the branch moved');
    written = head;
    pack = new PackBuilder();
  };
  for (const [index, id] of commits.entries()) {
    const commit = decodeCommit(source.readAs('commit', id));
    const { hosts, cluster } = changesOf(commit, before);
    for (const { serial, content } of hosts) writer.put(serial, content, pack);
    if (cluster) writer.putCluster(cluster, pack);
    const parents = head === undefined ? [] : [head];
    const tree = writer.root(pack).toString('hex');
    head = pack.add('commit', encodeCommit({ ...commit, tree, parents })).toString('hex');
    before = commit;
    if (index % COMMITS_PER_PACK === COMMITS_PER_PACK - 1) await flush(index);
  }
  await flush(commits.length);
  return head;
}

/** Oldest first, along the first parents. */
export function commitsUpTo(reader: ObjectReader, head: ObjectId): readonly ObjectId[] {
  const commits: ObjectId[] = [];
  for (let id: ObjectId | undefined = head; id !== undefined;) {
    commits.push(id);
    id = decodeCommit(reader.readAs('commit', id)).parents[0];
  }
  return commits.reverse();
}

/** Imago's own layout. */
export class ShardedWriter implements TreeWriter {
  readonly #tip = new FleetTip();

  put(serial: Serial, content: Buffer | undefined, pack: PackBuilder): void {
    const { root, hosts, shard } = stepTrees(this.#tip, serial, content, pack);
    this.#tip.root = root;
    this.#tip.hosts = hosts;
    this.#tip.shards.set(shard.name, shard.tree);
  }

  putCluster(content: Buffer, pack: PackBuilder): void {
    const id = pack.add('blob', content, CLUSTER_FILE);
    this.#tip.root = withEntry(this.#tip.root, { mode: FILE_MODE, name: CLUSTER_FILE, id });
  }

  root(pack: PackBuilder): RawId {
    return pack.add('tree', this.#tip.root);
  }
}

/** Mayu's layout: every host directly in the cluster's folder. */
export class FlatWriter implements TreeWriter {
  #root: EncodedTree = EMPTY_TREE;

  put(serial: Serial, content: Buffer | undefined, pack: PackBuilder): void {
    if (content === undefined) {
      this.#root = withoutEntry(this.#root, serial);
      return;
    }
    const file = pack.add('blob', content, serial);
    const folder = pack.add('tree', encodeTree([{ mode: FILE_MODE, name: HOST_FILE, id: file }]));
    this.#root = withEntry(this.#root, { mode: TREE_MODE, name: serial, id: folder });
  }

  putCluster(content: Buffer, pack: PackBuilder): void {
    const id = pack.add('blob', content);
    this.#root = withEntry(this.#root, { mode: FILE_MODE, name: CLUSTER_FILE, id });
  }

  root(pack: PackBuilder): RawId {
    return pack.add('tree', this.#root, '/');
  }
}

/** Entries of a folder, by name: for comparing two versions of it. */
export function entriesByName(
  tree: EncodedTree,
): ReadonlyMap<string, { readonly mode: string; readonly id: RawId }> {
  return new Map([...treeEntries(tree)].map(({ name, mode, id }) => [name, { mode, id }]));
}
