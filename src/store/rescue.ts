import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { readIfPresentNow } from '../files/if-present.js';
import { CHECKOUT_MARK } from './worktree/checkout.js';
import { DamagedObject } from '../git/errors.js';
import { DamagedRef, readRef, setRef } from '../git/branch-ref.js';
import { decodeCommit } from '../git/commit.js';
import { isObjectId, type ObjectId } from '../git/object.js';
import { CLUSTER_FILE, LARGEST_FILE, type Kinds } from './layout.js';
import { loadTip } from './load-tip.js';
import type { LoadedTip } from './loaded-tip.js';
import { findFile, type FoundFiles } from './worktree/work-tree.js';
import type { ObjectReader } from '../git/object-reader.js';
import { PackFile } from '../git/pack-file.js';
import type { RepositoryPaths } from './repository.js';

/** Where a branch stands, and what is there. */
export interface OpenedHead {
  readonly head: ObjectId;
  readonly loaded: LoadedTip;
  /** What was done about damage, for operators. */
  readonly rescued?: string;
}

/**
 * Where the branch, or the commit it stands at, cannot be read, the branch goes back to the newest commit that is whole;
 * what the files of the work tree have beyond it is taken up after that.
 * @returns undefined for a branch without commits.
 * @throws DamagedRef or DamagedObject when there is nothing to go back to.
 */
export function openHead(
  reader: ObjectReader,
  kinds: Kinds,
  paths: RepositoryPaths,
  branch: string,
  found: FoundFiles,
): OpenedHead | undefined {
  const known = { found, foundCluster: findFile(paths.directory, CLUSTER_FILE, LARGEST_FILE + 1) };
  try {
    const head = readRef(paths.gitDirectory, branch);
    return head === undefined ? undefined : { head, loaded: loadTip(reader, kinds, head, known) };
  } catch (error) {
    if (!(error instanceof DamagedRef || error instanceof DamagedObject)) throw error;
    const head = rescueHead(reader, kinds, paths);
    if (head === undefined) throw error;
    setRef(paths.gitDirectory, branch, head, join(paths.scratchFolder, 'ref'));
    const rescued = `${error.message}; meanwhile ${branch} stands at ${head}, the newest commit that is whole`;
    return { head, loaded: loadTip(reader, kinds, head, known), rescued };
  }
}

/**
 * The newest commit that is whole, for a branch that no longer says where it stands or whose commit cannot be read: the
 * last one that the log or the work tree's mark name, or any that comes after it.
 */
function rescueHead(reader: ObjectReader, kinds: Kinds, paths: RepositoryPaths): ObjectId | undefined {
  const children = packedChildren(join(paths.gitDirectory, 'objects', 'pack'));
  for (const named of namedCommits(paths)) {
    if (!isWhole(reader, kinds, named)) continue;
    let head = named;
    for (
      let next = children.get(head);
      next !== undefined && isWhole(reader, kinds, next);
      next = children.get(next)
    )
      head = next;
    return head;
  }
  return undefined;
}

/** The latest first. */
function* namedCommits({ gitDirectory, stateFolder }: RepositoryPaths): Generator<ObjectId> {
  const lines = (readIfPresentNow(join(stateFolder, 'log')) ?? '').split('\n').reverse();
  for (const line of lines) if (isObjectId(line.slice(0, 40))) yield line.slice(0, 40);
  const mark = (readIfPresentNow(join(gitDirectory, CHECKOUT_MARK)) ?? '').trim();
  if (isObjectId(mark)) yield mark;
}

function isWhole(reader: ObjectReader, kinds: Kinds, id: ObjectId): boolean {
  try {
    loadTip(reader, kinds, id);
    return true;
  } catch (error) {
    if (error instanceof DamagedObject) return false;
    throw error;
  }
}

/** Which commit comes after which, of those in packs. */
function packedChildren(folder: string): Map<ObjectId, ObjectId> {
  const children = new Map<ObjectId, ObjectId>();
  for (const name of readdirSync(folder).filter((file) => file.endsWith('.idx'))) {
    const pack = PackFile.open(folder, name.slice(0, -4));
    if (!pack) continue;
    for (const { id, content } of pack.commits()) {
      for (const parent of decodeCommit(content).parents) children.set(parent, id);
    }
    pack.close();
  }
  return children;
}
