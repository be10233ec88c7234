import {
  existsSync,
  readFileSync,
  renameSync,
  rmdirSync,
  statSync,
  writeFileSync,
  type BigIntStats,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { errorCode, isMissing } from '../../errors.js';
import { tryLock } from '../../git/branch-ref.js';
import type { CheckoutFile, EditedFile } from '../disk-messages.js';
import { removeIfPresent, renameInto, syncPath, writeDurably } from '../../files/durable-file.js';
import {
  encodeIndex,
  encodeIndexEntry,
  indexEntryId,
  indexEntryPath,
  isUnchanged,
  isUnflushed,
  splitIndexEntries,
  statOf,
} from '../../git/index-file.js';
import { rawIdOf, type ObjectId } from '../../git/object.js';
import { stepOf, type FileState } from './file-protocol.js';
import { NewFiles } from './new-files.js';
import { LARGEST_FILE, isRecordFile, type KindFolders } from '../layout.js';

/** Files written, or flushed, before other work gets its turn. */
const SLICE = 32;
/** Files looked at, of those that were written long ago, in one turn. */
const SCAN_SLICE = 500;

/**
 * The work tree and Git's index, which follow the commits at their own pace: the commits are what is durable. While the
 * index is behind, its lock is held, so that an operator's `git commit` cannot bring back old files unseen.
 */
export class Checkout {
  readonly #waiting = new Map<string, CheckoutFile>();
  readonly #entries = new Map<string, Buffer>();
  /** Files that are no record's: operators keep them, imago only keeps them in the index. */
  readonly #others = new Map<string, Buffer>();
  #unflushed = new Set<string>();
  /** What is being flushed, and the commit that the work tree is known to be at when all of it is. */
  #checkpoint: { readonly head: ObjectId | undefined; readonly paths: Set<string> } | undefined;
  /** What is to be written where somebody has edited the file meanwhile. */
  readonly #held = new Map<string, CheckoutFile>();
  #edits: EditedFile[] = [];
  /** What was already told of an edited file: told again only when it changes again. */
  readonly #told = new Map<string, string>();
  #scan: Iterator<[string, Buffer]> | undefined;
  readonly #newFiles: NewFiles;
  #head: ObjectId | undefined;
  #isIndexStale = false;
  #holdsIndexLock = false;
  #markedHead: ObjectId | undefined;

  constructor(
    private readonly directory: string,
    private readonly gitDirectory: string,
    private readonly scratchFolder: string,
    /** Of records beside hosts. */
    private readonly kinds: KindFolders,
    /** Milliseconds, of the clock that files are stamped by. */
    private readonly now: () => number = Date.now,
  ) {
    this.#newFiles = new NewFiles(directory, kinds);
  }

  /** @param isSettled the mark already says that the work tree is at `head`. */
  adopt(entries: Buffer, head: ObjectId, isSettled: boolean): void {
    for (const entry of splitIndexEntries(entries)) {
      const path = indexEntryPath(entry);
      this.#tableOf(path).set(
        path,
        this.#isRecord(path) && isUnflushed(entry) ? this.#toFlush(path, entry) : entry,
      );
    }
    this.#head = head;
    this.#isIndexStale = true;
    if (isSettled) this.#markedHead = head;
  }

  /** @returns its entry, with all of its times if it is as it was found. */
  #toFlush(path: string, entry: Buffer): Buffer {
    this.#unflushed.add(path).add(dirname(path));
    const stats = statOf(join(this.directory, path));
    return stats && isUnchanged(entry, stats) ? encodeIndexEntry(path, indexEntryId(entry), stats) : entry;
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

  /** A commit made outside: where the work tree is at it already, that is known at once, before imago's next change. */
  followForeign(head: ObjectId, files: readonly CheckoutFile[]): void {
    for (const { path, id, content } of files) {
      const stats = statOf(join(this.directory, path));
      const found = this.#idOf(path);
      const isThere = content === undefined ? found === NO_ID : id && found?.equals(id);
      if (id && stats && isThere) {
        this.#tableOf(path).set(path, encodeIndexEntry(path, id, stats));
      }
    }
    this.#isIndexStale = true;
    this.follow(head, files);
  }

  replaceOthers(entries: Buffer): void {
    this.#others.clear();
    for (const entry of splitIndexEntries(entries)) this.#others.set(indexEntryPath(entry), entry);
    this.#isIndexStale = true;
  }

  /** The edit with this content is taken up: what is written next may replace it. */
  markSeen(path: string, id: Buffer): void {
    const stats = statOf(join(this.directory, path));
    if (stats && this.#idOf(path)?.equals(id)) {
      this.#entries.set(path, encodeIndexEntry(path, id, stats));
      this.#told.delete(path);
      this.#isIndexStale = true;
    }
    const held = this.#held.get(path);
    const { task } = stepOf(held ? 'edited' : this.#stateOf(path), 'seen');
    this.#held.delete(path);
    if (held && task === 'release' && !this.#waiting.has(path)) this.#waiting.set(path, held);
  }

  takeEdits(): readonly EditedFile[] {
    const edits = this.#edits;
    this.#edits = [];
    return edits;
  }

  /** Compares the next few files with what was last written there. */
  lookForEdits(): void {
    this.#scan ??= this.#entries.entries();
    for (let count = 0; count < SCAN_SLICE; count += 1) {
      const next = this.#scan.next();
      if (next.done) {
        this.#scan = undefined;
        this.#lookForNewFiles();
        return;
      }
      const [path, entry] = next.value;
      const stats = statOf(join(this.directory, path));
      const event = stats && this.#agrees(path, entry, stats) ? 'agree' : 'differ';
      if (stepOf(this.#told.has(path) ? 'edited' : this.#stateOf(path), event).task !== 'tell') continue;
      if (event === 'differ') this.#tellEdit(path, entry, stats?.mtimeNs.toString() ?? 'missing');
      else if (this.#told.delete(path)) this.#edits.push({ path, base: indexEntryId(entry).toString('hex') });
    }
  }

  /** While a git command has the index, what it writes is about to be committed. */
  #lookForNewFiles(): void {
    if (existsSync(join(this.gitDirectory, 'index.lock'))) return;
    const isKnown = (path: string): boolean => this.#entries.has(path) || this.#others.has(path);
    for (const { path, version } of this.#newFiles.find(isKnown, this.now()))
      this.#tellEdit(path, undefined, version);
    for (const path of this.#told.keys()) {
      if (isKnown(path) || statOf(join(this.directory, path))) continue;
      this.#told.delete(path);
      this.#edits.push({ path, base: undefined });
    }
  }

  get isBehind(): boolean {
    return this.#waiting.size > 0;
  }

  /** Whether a checkpoint would change anything. */
  get isSettled(): boolean {
    return (
      !this.isBehind &&
      !this.#isIndexStale &&
      !this.#checkpoint &&
      this.#unflushed.size === 0 &&
      this.#markedHead === this.#head
    );
  }

  /** Writes a slice of what waits. */
  catchUp(): void {
    let count = 0;
    for (const [path, file] of this.#waiting) {
      if (count >= SLICE) return;
      count += 1;
      if (file.content !== undefined && file.id) this.#write(path, file.content, file.id);
      else this.#remove(path);
      this.#waiting.delete(path);
    }
  }

  /** Writes Git's index and gives its lock back. Without the lock (a git command has it) it is tried again later. */
  writeIndex(): void {
    if (!this.#isIndexStale || !this.#holdIndexLock()) return;
    const scratch = join(this.scratchFolder, 'index');
    writeFileSync(scratch, encodeIndex([...this.#others.values(), ...this.#entries.values()]));
    renameSync(scratch, join(this.gitDirectory, 'index'));
    this.#isIndexStale = false;
    this.#releaseIndexLock();
  }

  /** Whether a checkpoint was begun and is not done. */
  get isFlushing(): boolean {
    return this.#checkpoint !== undefined;
  }

  /**
   * Flushes some of the files written; once all are, marks the work tree as being where it was when this began. To begin
   * with, the work tree must not be behind; it may be while this goes on. True when a checkpoint is done.
   */
  flushSlice(files = SLICE): boolean {
    this.#checkpoint ??= this.#beginCheckpoint();
    const { head, paths } = this.#checkpoint;
    let count = 0;
    for (const path of paths) {
      if (count >= files) return false;
      count += 1;
      flushIfPresent(join(this.directory, path));
      paths.delete(path);
    }
    if (head !== undefined && this.#markedHead !== head) {
      const scratch = join(this.scratchFolder, 'checked-out');
      writeDurably(scratch, Buffer.from(`${head}\n`));
      renameSync(scratch, join(this.gitDirectory, CHECKOUT_MARK));
      this.#markedHead = head;
    }
    this.#checkpoint = undefined;
    return true;
  }

  #beginCheckpoint(): { head: ObjectId | undefined; paths: Set<string> } {
    const paths = this.#unflushed;
    this.#unflushed = new Set();
    return { head: this.#head, paths };
  }

  #write(path: string, content: string | Uint8Array, id: Uint8Array): void {
    const scratch = join(this.scratchFolder, 'file');
    const target = join(this.directory, path);
    const state = this.#isEdited(path, target, id) ? 'edited' : this.#stateOf(path);
    if (stepOf(state, 'commit').task === 'hold') {
      this.#held.set(path, { path, content, id });
      return;
    }
    writeFileSync(scratch, content);
    renameInto(scratch, target);
    this.#tableOf(path).set(path, encodeIndexEntry(path, id, statOf(target)));
    this.#unflushed.add(path).add(dirname(path));
    this.#isIndexStale = true;
  }

  /** Whether something is there that imago did not write, and that is not what it is about to write either. */
  #isEdited(path: string, target: string, id: Uint8Array): boolean {
    const entry = this.#tableOf(path).get(path);
    const stats = statOf(target);
    if (!stats || (entry && isUnchanged(entry, stats))) return false;
    const found = this.#idOf(path);
    if (!found || found.equals(id) || (entry && found.equals(indexEntryId(entry))) || stats.size === 0n)
      return false;
    this.#tellEdit(path, entry, stats.mtimeNs.toString());
    return true;
  }

  /** Of a file that nobody edited. */
  #stateOf(path: string): FileState {
    return this.#unflushed.has(path) ? 'written' : 'clean';
  }

  /** Whether it has the content that imago wrote; with other times these are noted. */
  #agrees(path: string, entry: Buffer, stats: BigIntStats): boolean {
    if (isUnchanged(entry, stats)) return true;
    const id = indexEntryId(entry);
    if (!this.#idOf(path)?.equals(id)) return false;
    this.#entries.set(path, encodeIndexEntry(path, id, stats));
    return true;
  }

  #tellEdit(path: string, entry: Buffer | undefined, version: string): void {
    if (this.#told.get(path) === version) return;
    this.#told.set(path, version);
    this.#edits.push({ path, base: entry && indexEntryId(entry).toString('hex') });
  }

  #isRecord(path: string): boolean {
    return isRecordFile(this.kinds, path);
  }

  #tableOf(path: string): Map<string, Buffer> {
    return this.#isRecord(path) ? this.#entries : this.#others;
  }

  #idOf(path: string): Buffer | undefined {
    try {
      const file = join(this.directory, path);
      if (this.#isRecord(path) && statSync(file).size > LARGEST_FILE) return NO_ID;
      return rawIdOf('blob', readFileSync(file));
    } catch (error) {
      if (isMissing(error)) return undefined;
      throw error;
    }
  }

  #remove(path: string): void {
    // Of others imago removes only records that are not in their place: one that was edited since is taken up first.
    const other = this.#others.get(path);
    const target = join(this.directory, path);
    if (!other || !this.#isEdited(path, target, indexEntryId(other))) {
      removeIfPresent(target);
      this.#told.delete(path);
    }
    this.#tableOf(path).delete(path);
    this.#isIndexStale = true;
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

/** Of a file too large to be a record's: no content has it. */
const NO_ID = Buffer.alloc(20);

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
