import { existsSync, mkdirSync, readdirSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { ImagoError, isMissing } from '../errors.js';
import { currentBranch, readRef } from '../git/branch-ref.js';
import { checkHistory } from '../git/check-history.js';
import { checkPair, copyChecked } from './copy-checked.js';
import { removeIfPresent, syncPath, writeDurably } from '../files/durable-file.js';
import type { ObjectId } from '../git/object.js';
import { loadTip } from './load-tip.js';
import { ObjectReader } from '../git/object-reader.js';
import { initRepository, repositoryPaths } from './repository.js';

export class CannotBackUp extends ImagoError {
  readonly code = 'CANNOT_BACK_UP';

  constructor(target: string, reason: string) {
    super(`${target} cannot be written: ${reason}`, { target });
  }
}

/** A repack can take packs away while they are copied; then all is looked at again. */
const ATTEMPTS = 5;

/**
 * Copies a cluster folder as it stands, while imago may be running in it: a repository that `git clone` and imago both
 * take. Each file is compared with its checksum, and all history is read. Restoring is the same in the other direction.
 * @returns the commit that the copy stands at.
 * @throws CannotBackUp, DamagedFile, DamagedObject
 */
export function copyCluster(source: string, target: string): ObjectId {
  if (existsSync(target) && readdirSync(target).length > 0) {
    throw new CannotBackUp(target, 'it is not empty: name a folder that is, or is not there');
  }
  const from = repositoryPaths(source);
  if (!existsSync(from.gitDirectory)) throw new CannotBackUp(target, `${source} is not a cluster folder`);
  const branch = currentBranch(from.gitDirectory);
  const head = readRef(from.gitDirectory, branch);
  if (head === undefined) throw new CannotBackUp(target, `${source} has no commits`);
  const to = repositoryPaths(target);
  initRepository(to);
  for (let attempt = 1; ; attempt += 1) {
    if (copyObjects(join(from.gitDirectory, 'objects'), join(to.gitDirectory, 'objects'))) break;
    if (attempt === ATTEMPTS) throw new CannotBackUp(target, 'the repository is being repacked: try again');
  }
  matchPacks(join(from.gitDirectory, 'objects', 'pack'), join(to.gitDirectory, 'objects', 'pack'));
  const ref = join(to.gitDirectory, branch);
  mkdirSync(dirname(ref), { recursive: true });
  writeDurably(join(to.gitDirectory, 'HEAD'), Buffer.from(`ref: ${branch}\n`));
  writeDurably(ref, Buffer.from(`${head}\n`));
  syncPath(dirname(ref));
  const reader = new ObjectReader(to.gitDirectory);
  try {
    checkHistory(reader, head);
    loadTip(reader, head);
  } finally {
    reader.close();
  }
  return head;
}

/** False when a file went away meanwhile. */
function copyObjects(from: string, to: string): boolean {
  for (const name of readdirSync(from)) {
    const source = join(from, name);
    const target = join(to, name);
    if (name.startsWith('tmp_') || name.endsWith('.keep') || name.endsWith('.lock')) continue;
    try {
      if (statSync(source).isDirectory()) {
        mkdirSync(target, { recursive: true });
        if (!copyObjects(source, target)) return false;
        syncPath(target);
      } else if (!existsSync(target)) {
        copyChecked(source, target);
      }
    } catch (error) {
      if (isMissing(error)) return false;
      throw error;
    }
  }
  return true;
}

/** An index whose pack went away meanwhile goes too: all that was in it is in another pack. */
function matchPacks(from: string, to: string): void {
  const names = new Set(readdirSync(to));
  for (const index of names) {
    if (!index.endsWith('.idx')) continue;
    const pack = `${index.slice(0, -4)}.pack`;
    if (names.has(pack)) checkPair(join(to, pack), join(to, index), join(from, index));
    else removeIfPresent(join(to, index));
  }
}
