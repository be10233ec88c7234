import type { Serial } from '../../host/serial.js';
import { flushBatch } from '../disk.js';
import { decodeCommit, encodeCommit, type Commit } from '../../git/commit.js';
import type { ObjectId, RawId } from '../../git/object.js';
import {
  EMPTY_TREE,
  FILE_MODE,
  TREE_MODE,
  encodeTree,
  treeEntries,
  withEntry,
  withoutEntry,
  type EncodedTree,
} from '../../git/tree.js';
import { CLUSTER_FILE, HOSTS_FOLDER, HOST_FILE, shardOf } from '../layout.js';
import type { ObjectReader } from '../../git/object-reader.js';
import { PackBuilder } from '../../git/pack-builder.js';
import type { RepositoryPaths } from '../repository.js';

/** What one commit did, whatever the layout of its folder. A file without content was removed. */
export interface FileChanges {
  readonly hosts: readonly { readonly serial: Serial; readonly content: Buffer | undefined }[];
  readonly cluster: Buffer | undefined;
  /** The words of the commit, where they are not the same. */
  readonly message?: string;
}

/** A commit that the history has not, for its end. */
export interface ClosingCommit extends Omit<Commit, 'tree' | 'parents'> {
  readonly changes: FileChanges;
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

export interface HistoryParts {
  /** Undefined where there are no commits. */
  readonly reader: ObjectReader | undefined;
  /** Oldest first. */
  readonly commits: readonly ObjectId[];
  /** What a commit did, given the commit before it. */
  readonly changesOf: (commit: Commit, parent: Commit | undefined) => FileChanges;
  /** Asked once the commits are written. */
  readonly closing?: (() => ClosingCommit | undefined) | undefined;
  readonly writer: TreeWriter;
}

/**
 * Writes a history again with other trees: every commit keeps its author, its times and its words.
 * @returns how many commits there are
 */
export async function convertHistory(
  { reader, commits, changesOf, closing, writer }: HistoryParts,
  target: RepositoryPaths,
): Promise<number> {
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
  const write = (commit: Omit<Commit, 'tree' | 'parents'>, changes: FileChanges): void => {
    for (const { serial, content } of changes.hosts) writer.put(serial, content, pack);
    if (changes.cluster) writer.putCluster(changes.cluster, pack);
    const parents = head === undefined ? [] : [head];
    const tree = writer.root(pack).toString('hex');
    const message = changes.message ?? commit.message;
    head = pack.add('commit', encodeCommit({ ...commit, message, tree, parents })).toString('hex');
  };
  for (const [index, id] of commits.entries()) {
    if (!reader) break;
    const commit = decodeCommit(reader.readAs('commit', id));
    write(commit, changesOf(commit, before));
    before = commit;
    if (index % COMMITS_PER_PACK === COMMITS_PER_PACK - 1) await flush(index);
  }
  const last = closing?.();
  if (last) write(last, last.changes);
  await flush(commits.length);
  return commits.length + (last ? 1 : 0);
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

/** Imago's own layout. Trees are made once for each commit, however many hosts it changes. */
export class ShardedWriter implements TreeWriter {
  #root: EncodedTree = EMPTY_TREE;
  #hosts: EncodedTree = EMPTY_TREE;
  readonly #shards = new Map<string, EncodedTree>();
  readonly #changed = new Set<string>();

  put(serial: Serial, content: Buffer | undefined, pack: PackBuilder): void {
    const name = shardOf(serial);
    const shard = this.#shards.get(name) ?? EMPTY_TREE;
    this.#changed.add(name);
    if (content === undefined) {
      this.#shards.set(name, withoutEntry(shard, serial));
      return;
    }
    const file = pack.add('blob', content, `${HOSTS_FOLDER}/${name}/${serial}`);
    const id = pack.add('tree', encodeTree([{ mode: FILE_MODE, name: HOST_FILE, id: file }]));
    this.#shards.set(name, withEntry(shard, { mode: TREE_MODE, name: serial, id }));
  }

  putCluster(content: Buffer, pack: PackBuilder): void {
    const id = pack.add('blob', content, CLUSTER_FILE);
    this.#root = withEntry(this.#root, { mode: FILE_MODE, name: CLUSTER_FILE, id });
  }

  root(pack: PackBuilder): RawId {
    for (const name of this.#changed) {
      const shard = this.#shards.get(name) ?? EMPTY_TREE;
      this.#hosts = withFolder(this.#hosts, name, shard, pack, `${HOSTS_FOLDER}/${name}`);
    }
    if (this.#changed.size > 0)
      this.#root = withFolder(this.#root, HOSTS_FOLDER, this.#hosts, pack, HOSTS_FOLDER);
    this.#changed.clear();
    return pack.add('tree', this.#root);
  }
}

/** Git has no empty folders. */
function withFolder(
  tree: EncodedTree,
  name: string,
  folder: EncodedTree,
  pack: PackBuilder,
  place: string,
): EncodedTree {
  if (folder.length === 0) return withoutEntry(tree, name);
  return withEntry(tree, { mode: TREE_MODE, name, id: pack.add('tree', folder, place) });
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
