import { existsSync, renameSync, rmdirSync, writeFileSync, type BigIntStats } from 'node:fs';
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
import type { ObjectId } from '../../git/object.js';
import { stepOf, type FileState } from './file-protocol.js';
import { NewFiles } from './new-files.js';
import { findFile, linkOnWay } from './work-tree.js';
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
  /** What could not be written or removed when that was tried last. */
  readonly #stuck = new Map<string, CheckoutFile>();
  #edits: EditedFile[] = [];
  /** What was already told of an edited file: told again only when it changes again. */
  readonly #told = new Map<string, string>();
  #scan: Iterator<[string, Buffer]> | undefined;
  readonly #newFiles: NewFiles;
  #failure: unknown;
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

  /** An edit that a start found is not taken up: told again when it changes, or goes. */
  markRefused(path: string): void {
    if (!this.#told.has(path)) this.#told.set(path, 'refused');
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
      if (event === 'differ') this.#tellEdit(path, entry, this.#versionOf(path, stats));
      else if (this.#told.delete(path)) this.#edits.push({ path, base: indexEntryId(entry).toString('hex') });
    }
  }

  /** While a git command has the index, what it writes is about to be committed. */
  #lookForNewFiles(): void {
    if (existsSync(join(this.gitDirectory, 'index.lock'))) return;
    const isKnown = (path: string): boolean => this.#entries.has(path) || this.#others.has(path);
    for (const { path, version } of this.#newFiles.find(isKnown, this.now()))
      this.#tellEdit(path, undefined, version);
    for (const [path, version] of this.#told) {
      const stats = statOf(join(this.directory, path));
      const isBehindLink = this.#versionOf(path, stats) === BEHIND_LINK;
      const isThere = stats && (!stats.isDirectory() || this.#isRecord(path));
      if (isKnown(path) || (version === BEHIND_LINK ? isBehindLink : isThere)) continue;
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

  /** Whether something that waits cannot be written. */
  get isStuck(): boolean {
    return this.#stuck.size > 0;
  }

  /**
   * Writes a slice of what waits. What cannot be written keeps neither the others waiting nor git: the index then says what is to be
   * there.
   * @throws what the system said of it, to be tried again later.
   */
  catchUp(): void {
    let count = 0;
    for (const [path, file] of this.#waiting) {
      if (count >= SLICE) return;
      count += 1;
      this.#waiting.delete(path);
      try {
        if (file.content !== undefined && file.id) this.#write(path, file.content, file.id);
        else this.#remove(path);
        this.#stuck.delete(path);
      } catch (error) {
        this.#stuck.set(path, file);
        this.#failure = error;
      }
    }
    if (!this.isStuck) return;
    for (const [path, file] of this.#stuck) this.#waiting.set(path, file);
    this.writeIndex();
    throw this.#failure;
  }

  /** Writes Git's index and gives its lock back. Without the lock (a git command has it) it is tried again later. */
  writeIndex(): void {
    if (!this.#isIndexStale || !this.#holdIndexLock()) return;
    const scratch = join(this.scratchFolder, 'index');
    writeFileSync(scratch, encodeIndex(this.#indexEntries()));
    renameSync(scratch, join(this.gitDirectory, 'index'));
    this.#isIndexStale = false;
    this.#releaseIndexLock();
  }

  /** Also of what could not be written yet: else an operator's commit would bring back what was there before. */
  #indexEntries(): Iterable<Buffer> {
    const entries = new Map([...this.#others, ...this.#entries]);
    for (const { path, id, content } of [...this.#held.values(), ...this.#stuck.values()]) {
      if (id && content !== undefined) entries.set(path, encodeIndexEntry(path, id, undefined));
      else entries.delete(path);
    }
    return entries.values();
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
      this.#isIndexStale = true;
      return;
    }
    writeFileSync(scratch, content);
    renameInto(scratch, target);
    this.#held.delete(path);
    this.#tableOf(path).set(path, encodeIndexEntry(path, id, statOf(target)));
    this.#unflushed.add(path).add(dirname(path));
    this.#isIndexStale = true;
  }

  /** Whether something is there that imago did not write, and that is not what it is about to write either. */
  #isEdited(path: string, target: string, id: Uint8Array): boolean {
    const entry = this.#tableOf(path).get(path);
    const stats = statOf(target);
    if (!linkOnWay(this.directory, path)) {
      if (!stats || (entry && isUnchanged(entry, stats))) return false;
      const found = this.#idOf(path);
      const isOurs = !found || found.equals(id) || (entry && found.equals(indexEntryId(entry)));
      if (isOurs || (stats.isFile() && stats.size === 0n)) return false;
    }
    this.#tellEdit(path, entry, this.#versionOf(path, stats));
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

  #versionOf(path: string, stats: BigIntStats | undefined): string {
    if (linkOnWay(this.directory, path) !== undefined) return BEHIND_LINK;
    return stats?.mtimeNs.toString() ?? 'missing';
  }

  #isRecord(path: string): boolean {
    return isRecordFile(this.kinds, path);
  }

  #tableOf(path: string): Map<string, Buffer> {
    return this.#isRecord(path) ? this.#entries : this.#others;
  }

  /** Undefined where nothing is. Never throws. */
  #idOf(path: string): Buffer | undefined {
    const isRecord = this.#isRecord(path);
    try {
      const found = findFile(this.directory, path, isRecord ? LARGEST_FILE + 1 : Infinity);
      if (found) return isRecord && found.content.length > LARGEST_FILE ? NO_ID : found.id;
      return statOf(join(this.directory, path)) && NO_ID;
    } catch (error) {
      if (errorCode(error) === undefined) throw error;
      return NO_ID;
    }
  }

  #remove(path: string): void {
    // Of others imago removes only records that are not in their place: one that was edited since is taken up first.
    const other = this.#others.get(path);
    const target = join(this.directory, path);
    const isElsewhere = linkOnWay(this.directory, path) !== undefined;
    const isFolder = statOf(target)?.isDirectory() === true;
    if (!isElsewhere && !isFolder && (!other || !this.#isEdited(path, target, indexEntryId(other)))) {
      removeIfPresent(target);
      this.#told.delete(path);
    }
    this.#tableOf(path).delete(path);
    this.#held.delete(path);
    this.#isIndexStale = true;
    if (isElsewhere) return;
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

/** Of what a link on its way hides, whatever it is. */
const BEHIND_LINK = 'behind a link';

/** Of what is no file, cannot be read, or is too large to be a record's: no content has it. */
const NO_ID = Buffer.alloc(20);

/** Names the commit that the work tree is known to hold, flushed: a file that differs from it was edited, not torn. */
export const CHECKOUT_MARK = 'imago/checked-out';

function flushIfPresent(path: string): void {
  try {
    const stats = statOf(path);
    // Opening a named pipe would wait for its writer.
    if (!stats?.isFile() && !stats?.isDirectory()) return;
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
