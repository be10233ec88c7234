import { renameSync, rmdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { tryLock } from './branch-ref.js';
import { errorCode, isMissing } from './damaged-object.js';
import type { CheckoutFile } from './disk-messages.js';
import { removeIfPresent, renameInto, syncPath, writeDurably } from './durable-file.js';
import { encodeIndex, encodeIndexEntry, indexEntryPath, splitIndexEntries, statOf } from './git-index.js';
import type { ObjectId } from './git-object.js';

/** Files written, or flushed, before other work gets its turn. */
const SLICE = 32;

/**
 * The work tree and Git's index, which follow the commits at their own pace: the commits are what is durable. While the
 * index is behind, its lock is held, so that an operator's `git commit` cannot bring back old files unseen.
 */
export class Checkout {
  readonly #waiting = new Map<string, CheckoutFile>();
  readonly #entries = new Map<string, Buffer>();
  readonly #unflushed = new Set<string>();
  #head: ObjectId | undefined;
  #isIndexStale = false;
  #holdsIndexLock = false;
  #markedHead: ObjectId | undefined;

  constructor(
    private readonly directory: string,
    private readonly gitDirectory: string,
    private readonly scratchFolder: string,
  ) {}

  /** @param isSettled the mark already says that the work tree is at `head`. */
  adopt(entries: Buffer, head: ObjectId, isSettled: boolean): void {
    for (const entry of splitIndexEntries(entries)) this.#entries.set(indexEntryPath(entry), entry);
    this.#head = head;
    this.#isIndexStale = true;
    if (isSettled) this.#markedHead = head;
  }

  /** Before the branch moves: from then on the index is behind. */
  prepare(): void {
    this.#isIndexStale = true;
    this.#holdIndexLock();
  }

  follow(head: ObjectId | undefined, files: readonly CheckoutFile[]): void {
    if (head !== undefined) this.#head = head;
    for (const file of files) this.#waiting.set(file.path, file);
  }

  get isBehind(): boolean {
    return this.#waiting.size > 0;
  }

  /** Whether a checkpoint would change anything. */
  get isSettled(): boolean {
    return (
      !this.isBehind && !this.#isIndexStale && this.#unflushed.size === 0 && this.#markedHead === this.#head
    );
  }

  /** Writes a slice of what waits. */
  catchUp(): void {
    let count = 0;
    for (const [path, file] of this.#waiting) {
      if (count >= SLICE) return;
      count += 1;
      if (file.content && file.id) this.#write(path, file.content, file.id);
      else this.#remove(path);
      this.#waiting.delete(path);
    }
  }

  /** Writes Git's index and gives its lock back. Without the lock (a git command has it) it is tried again later. */
  writeIndex(): void {
    if (!this.#isIndexStale || !this.#holdIndexLock()) return;
    const scratch = join(this.scratchFolder, 'index');
    writeFileSync(scratch, encodeIndex(this.#entries.values()));
    renameSync(scratch, join(this.gitDirectory, 'index'));
    this.#isIndexStale = false;
    this.#releaseIndexLock();
  }

  /** Flushes a slice of the files written; once all are, marks the work tree as being at HEAD. True when done. */
  flushSlice(): boolean {
    let count = 0;
    for (const path of this.#unflushed) {
      if (count >= SLICE) return false;
      count += 1;
      flushIfPresent(join(this.directory, path));
      this.#unflushed.delete(path);
    }
    if (this.#head !== undefined && this.#markedHead !== this.#head) {
      const scratch = join(this.scratchFolder, 'checked-out');
      writeDurably(scratch, Buffer.from(`${this.#head}\n`));
      renameSync(scratch, join(this.gitDirectory, CHECKOUT_MARK));
      this.#markedHead = this.#head;
    }
    return true;
  }

  #write(path: string, content: Uint8Array, id: Uint8Array): void {
    const scratch = join(this.scratchFolder, 'file');
    const target = join(this.directory, path);
    writeFileSync(scratch, content);
    renameInto(scratch, target);
    this.#entries.set(path, encodeIndexEntry(path, id, statOf(target)));
    this.#unflushed.add(path).add(dirname(path));
  }

  #remove(path: string): void {
    removeIfPresent(join(this.directory, path));
    this.#entries.delete(path);
    for (let folder = dirname(path); folder !== '.'; folder = dirname(folder)) {
      if (!removeIfEmpty(join(this.directory, folder))) break;
    }
  }

  #holdIndexLock(): boolean {
    this.#holdsIndexLock ||= tryLock(join(this.gitDirectory, 'index.lock'));
    return this.#holdsIndexLock;
  }

  #releaseIndexLock(): void {
    removeIfPresent(join(this.gitDirectory, 'index.lock'));
    this.#holdsIndexLock = false;
  }
}

/** Names the commit that the work tree is known to hold, flushed: a file that differs from it was edited, not torn. */
export const CHECKOUT_MARK = 'imago/checked-out';

function flushIfPresent(path: string): void {
  try {
    syncPath(path);
  } catch (error) {
    if (!isMissing(error)) throw error;
  }
}

function removeIfEmpty(folder: string): boolean {
  try {
    rmdirSync(folder);
    return true;
  } catch (error) {
    if (isMissing(error) || errorCode(error) === 'ENOTEMPTY' || errorCode(error) === 'EEXIST') return false;
    throw error;
  }
}
