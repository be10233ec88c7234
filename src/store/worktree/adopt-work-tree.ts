import { renameSync } from 'node:fs';
import { join } from 'node:path';
import { readIfPresentNow } from '../../files/if-present.js';
import { InvalidHost } from '../../host/host-json.js';
import { CHECKOUT_MARK } from './checkout.js';
import { DamagedObject } from '../../git/errors.js';
import type { CheckoutFile, DiskNotice, EditedFile } from '../disk-messages.js';
import { syncPath, writeDurably } from '../../files/durable-file.js';
import { decodeCommit } from '../../git/commit.js';
import { asUnflushed, encodeIndexEntry } from '../../git/index-file.js';
import { LINK_MODE } from '../../git/tree.js';
import { isObjectId, type ObjectId, type RawId } from '../../git/object.js';
import { readHostBlob } from '../host-file.js';
import { CLUSTER_FILE, hostPathIn, pathOf, type Kinds, type RecordKey } from '../layout.js';
import { stepOf } from './file-protocol.js';
import type { LeftEdit } from './left-edits.js';
import type { LoadedTip, OtherFile } from '../loaded-tip.js';
import type { ObjectReader } from '../../git/object-reader.js';
import type { RepositoryPaths } from '../repository.js';
import { entryAt, isGarbage, tornFiles } from './torn-checkout.js';
import { keyOfChange, type TakenUp } from '../take-up.js';
import { changedFiles } from '../tree-diff.js';
import { findFile, type FoundFile, type FoundFiles } from './work-tree.js';

/** What becomes of the work tree that a start finds. */
export interface Adoption {
  /** Entries of Git's index, joined; of files that are to be flushed before the mark moves on, as `asUnflushed`. */
  readonly entries: Buffer;
  /** Whether the work tree was known to be at HEAD. */
  readonly isSettled: boolean;
  readonly restore: readonly CheckoutFile[];
  /** Files of records that somebody edited. */
  readonly edits: readonly EditedFile[];
  readonly left: readonly LeftEdit[];
  /** Files among those to restore that hold what was committed once, nobody knows when. */
  readonly unfollowed: readonly string[];
}

/** Sorts every file that differs from HEAD into those to write again and those that an operator edited. */
export function adoptWorkTree(
  reader: ObjectReader,
  kinds: Kinds,
  paths: RepositoryPaths,
  head: ObjectId,
  found: FoundFiles,
  loaded: LoadedTip,
): Adoption {
  const settled = readMark(paths) ?? markNow(paths, head);
  const { torn, unfollowed } = tornFiles(reader, kinds, head, settled, loaded.differing);
  const differing = new Set(loaded.differing.map(({ key }) => key));
  const left = loaded.misplaced.map(({ path, place }): LeftEdit => ({
    path,
    committed: undefined,
    message: `${path} is not taken up: that is not the place of this serial; move it to ${place} and git commit it, or remove it`,
  }));
  const isFlushed = flushedBefore(reader, kinds, settled, head);
  const taskFor = (key: RecordKey) => {
    const unlike = torn.has(key) ? 'torn' : 'edited';
    const like = isFlushed(key) ? 'clean' : 'written';
    return stepOf(differing.has(key) ? unlike : like, 'start').task;
  };
  const misplaced = new Set(loaded.misplaced.map(({ path }) => path));
  const entries: Buffer[] = [];
  const restore: CheckoutFile[] = [];
  const keep = (key: RecordKey, { indexEntry }: FoundFile): void => {
    if (!differing.has(key)) entries.push(taskFor(key) === 'flush' ? asUnflushed(indexEntry) : indexEntry);
  };
  for (const [shard, hosts] of found.hosts) {
    for (const [serial, file] of hosts) {
      if (misplaced.size > 0 && misplaced.has(hostPathIn(shard, serial))) continue;
      keep(serial, file);
    }
  }
  for (const [name, file] of found.records) keep(name, file);
  for (const { key, committed, found: file } of loaded.differing) {
    const path = pathOf(kinds, key);
    if (taskFor(key) === 'write') {
      // The index says that what lies there is imago's own: so it may be written over.
      if (file) entries.push(file.indexEntry);
      else if (committed) entries.push(encodeIndexEntry(path, committed, undefined));
      restore.push(committed ? recordToRestore(reader, path, committed) : { path });
    } else if (committed) entries.push(encodeIndexEntry(path, committed, undefined));
  }
  const others = new Set(loaded.others.map(({ path }) => path));
  for (const other of loaded.others) {
    const file = findFile(paths.directory, other.path);
    // A link is nobody's but the operators': it is not written again as a file.
    const isLost = file ? other.path === CLUSTER_FILE && isGarbage(file.content) : other.mode !== LINK_MODE;
    if (file?.id.equals(other.id)) {
      entries.push(entryOf(other, file.indexEntry));
    } else if (isLost) {
      if (file) entries.push(entryOf(other, file.indexEntry));
      restore.push(fileToRestore(reader, other.path, other.id));
    } else {
      entries.push(entryOf(other, undefined));
      if (other.path === CLUSTER_FILE)
        left.push({
          path: CLUSTER_FILE,
          committed: other.id,
          message: `${CLUSTER_FILE} was edited: git commit it to make it hold`,
        });
    }
  }
  return {
    entries: Buffer.concat(entries),
    isSettled: settled === head,
    restore,
    edits: [
      ...loaded.differing
        .filter(({ key }) => taskFor(key) === 'tell')
        .map(({ key, committed }) => ({ path: pathOf(kinds, key), base: committed?.toString('hex') })),
      // Those that are committed move to their place by the next commit.
      ...found.strays.filter((path) => !others.has(path)).map((path) => ({ path, base: undefined })),
    ],
    left,
    unfollowed: unfollowed.map((key) => pathOf(kinds, key)),
  };
}

/**
 * Which files are known to have reached the disk. Those written after the mark may be right in memory alone: unless they are
 * flushed before the mark moves on, a power cut brings back the one before, and it passes for an edit.
 */
function flushedBefore(
  reader: ObjectReader,
  kinds: Kinds,
  settled: ObjectId,
  head: ObjectId,
): (key: RecordKey) => boolean {
  if (settled === head) return () => true;
  const treeOf = (id: ObjectId): ObjectId => decodeCommit(reader.readAs('commit', id)).tree;
  try {
    const changed = changedFiles(reader, kinds, treeOf(settled), treeOf(head));
    const keys = new Set(changed.map(({ key }) => key));
    return (key) => !keys.has(key);
  } catch (error) {
    if (error instanceof DamagedObject) return () => false;
    throw error;
  }
}

/** What the work tree and the index need, to be at a commit that somebody else made. */
export function followCommit(
  reader: ObjectReader,
  kinds: Kinds,
  head: ObjectId,
  { loaded, changes }: TakenUp,
): DiskNotice {
  const files = [...new Set(changes.map(keyOfChange))].map((key): CheckoutFile => {
    const path = pathOf(kinds, key);
    const entry = entryAt(reader, decodeCommit(reader.readAs('commit', head)), path);
    return entry ? recordToRestore(reader, path, entry.id) : { path };
  });
  const others = loaded.others.map(({ path, id, mode }) =>
    encodeIndexEntry(path, id, undefined, Number.parseInt(mode, 8)),
  );
  return { kind: 'follow', head, files, others: Buffer.concat(others) };
}

/** One that is too large to be a record's is removed: what is put in its place is committed. */
export function recordToRestore(reader: ObjectReader, path: string, id: RawId): CheckoutFile {
  try {
    return { path, id, content: readHostBlob(reader, id, path) };
  } catch (error) {
    if (error instanceof InvalidHost) return { path, id };
    throw error;
  }
}

function fileToRestore(reader: ObjectReader, path: string, id: Buffer): CheckoutFile {
  return { path, id, content: reader.readAs('blob', id.toString('hex')) };
}

/** With its mode: an operator's script stays executable. */
function entryOf({ path, id, mode }: OtherFile, entry: Buffer | undefined): Buffer {
  const octal = Number.parseInt(mode, 8);
  return entry && octal === 0o100644 ? entry : encodeIndexEntry(path, id, undefined, octal);
}

/** A folder that imago never had open, a clone for example, is at HEAD but for what somebody changed in it. */
function markNow({ gitDirectory, scratchFolder, stateFolder }: RepositoryPaths, head: ObjectId): ObjectId {
  const scratch = join(scratchFolder, 'checked-out');
  writeDurably(scratch, Buffer.from(`${head}\n`));
  renameSync(scratch, join(gitDirectory, CHECKOUT_MARK));
  syncPath(stateFolder);
  return head;
}

function readMark({ gitDirectory }: RepositoryPaths): ObjectId | undefined {
  const mark = readIfPresentNow(join(gitDirectory, CHECKOUT_MARK))?.trim();
  return mark !== undefined && isObjectId(mark) ? mark : undefined;
}
