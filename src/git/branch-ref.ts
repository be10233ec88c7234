import { closeSync, constants, mkdirSync, openSync, readFileSync, renameSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { errorCode, ImagoError } from '../errors.js';
import { removeIfPresent, syncPath, writeAll, writeDurably } from '../files/durable-file.js';
import { readIfPresentNow } from '../files/if-present.js';
import { isObjectId, type ObjectId } from './object.js';

/** HEAD does not stand on a branch, or its branch holds no commit id. */
export class DamagedRef extends ImagoError {
  readonly code = 'DAMAGED_REF';

  constructor(
    readonly file: string,
    reason: string,
  ) {
    super(`${file} ${reason}: git update-ref or git checkout of a branch puts it right`, { file });
  }
}

/** Somebody else's git command holds the lock of the branch for longer than such commands do. */
class RefLocked extends ImagoError {
  readonly code = 'REF_LOCKED';

  constructor(lock: string) {
    super(`${lock} is held by another git command: end it, or remove the file when none is running`, {
      lock,
    });
  }
}

/**
 * The branch that HEAD stands on, for example `refs/heads/main`.
 * @throws DamagedRef
 */
export function currentBranch(gitDirectory: string): string {
  const file = join(gitDirectory, 'HEAD');
  const match = /^ref: (refs\/heads\/\S+)\s*$/.exec(readFileSync(file, 'utf8'));
  if (!match?.[1]) throw new DamagedRef(file, 'does not name a branch');
  return match[1];
}

/**
 * Undefined for a branch without commits.
 * @throws DamagedRef
 */
export function readRef(gitDirectory: string, ref: string): ObjectId | undefined {
  const file = join(gitDirectory, ref);
  const loose = readIfPresentNow(file);
  if (loose === undefined) return packedRef(gitDirectory, ref);
  const id = loose.trim();
  if (!isObjectId(id)) throw new DamagedRef(file, 'does not hold a commit id');
  return id;
}

/** What the file of a branch at this commit holds. */
export function refContent(id: ObjectId): Buffer {
  return Buffer.from(`${id}\n`);
}

/**
 * Moves the branch as git does, under its own lock, so that no git command can come between; durable on return.
 * @param next a flushed file of the new content, which takes the branch's name
 * @returns where the branch stands instead, when it is not at `expected`; then nothing was changed.
 */
export function advanceRef(
  gitDirectory: string,
  ref: string,
  expected: ObjectId | undefined,
  next: string,
): { readonly moved: false } | { readonly moved: true; readonly head: ObjectId | undefined } {
  const file = join(gitDirectory, ref);
  const lock = `${file}.lock`;
  takeLock(lock);
  try {
    const head = readRef(gitDirectory, ref);
    if (head !== expected) return { moved: true, head };
    renameSync(next, file);
    try {
      syncPath(dirname(file));
    } catch (error) {
      putBack(file, expected, next);
      throw error;
    }
    return { moved: false };
  } finally {
    removeIfPresent(lock);
  }
}

/** Puts a branch where it can be read again. */
export function setRef(gitDirectory: string, ref: string, id: ObjectId, scratch: string): void {
  const file = join(gitDirectory, ref);
  writeDurably(scratch, refContent(id));
  renameSync(scratch, file);
  syncPath(dirname(file));
}

/** Gives a commit that no branch has any more a name, so that no clean-up takes it away. @returns the name. */
export function keepCommit(gitDirectory: string, id: ObjectId): string {
  const name = `refs/imago/kept/${id.slice(0, 12)}`;
  const file = join(gitDirectory, name);
  mkdirSync(dirname(file), { recursive: true });
  writeDurably(file, refContent(id));
  syncPath(dirname(file));
  return name;
}

/** The mark of imago's own locks, so that a later start can tell a dead daemon's from a live git command's. */
export const LOCK_MARK = 'imago';

const LOCK_PATIENCE_MS = 2000;
const LOCK_RETRY_MS = 5;

function takeLock(lock: string): void {
  const pause = new Int32Array(new SharedArrayBuffer(4));
  for (let waited = 0; ; waited += LOCK_RETRY_MS) {
    if (tryLock(lock)) return;
    if (waited >= LOCK_PATIENCE_MS) throw new RefLocked(lock);
    Atomics.wait(pause, 0, 0, LOCK_RETRY_MS);
  }
}

/** Git's lock protocol: whoever creates the file has the lock. */
export function tryLock(lock: string): boolean {
  let handle: number;
  try {
    handle = openSync(lock, constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL, 0o644);
  } catch (error) {
    if (errorCode(error) === 'EEXIST') return false;
    throw error;
  }
  try {
    writeAll(handle, Buffer.from(`${LOCK_MARK} ${process.pid}\n`));
    return true;
  } finally {
    closeSync(handle);
  }
}

/** The branch was moved but that could not be made durable: what was refused must not be found there later. */
function putBack(file: string, expected: ObjectId | undefined, scratch: string): void {
  if (expected === undefined) return removeIfPresent(file);
  writeDurably(scratch, refContent(expected));
  renameSync(scratch, file);
}

function packedRef(gitDirectory: string, ref: string): ObjectId | undefined {
  const packed = readIfPresentNow(join(gitDirectory, 'packed-refs')) ?? '';
  const line = packed.split('\n').find((entry) => entry.endsWith(` ${ref}`));
  return line?.slice(0, 40);
}
