import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { readIfPresentNow } from '../files/if-present.js';
import { CHECKOUT_MARK } from './worktree/checkout.js';
import { DamagedObject } from '../git/errors.js';
import { decodeCommit } from '../git/commit.js';
import { isObjectId, type ObjectId } from '../git/object.js';
import { loadTip } from './load-tip.js';
import type { ObjectReader } from '../git/object-reader.js';
import { PackFile } from '../git/pack-file.js';
import type { RepositoryPaths } from './repository.js';

/**
 * The newest commit that is whole, for a branch that no longer says where it stands or whose commit cannot be read: the
 * last one that the log or the work tree's mark name, or any that comes after it.
 */
export function rescueHead(reader: ObjectReader, paths: RepositoryPaths): ObjectId | undefined {
  const children = packedChildren(join(paths.gitDirectory, 'objects', 'pack'));
  for (const named of namedCommits(paths)) {
    if (!isWhole(reader, named)) continue;
    let head = named;
    for (
      let next = children.get(head);
      next !== undefined && isWhole(reader, next);
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

function isWhole(reader: ObjectReader, id: ObjectId): boolean {
  try {
    loadTip(reader, id);
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
