import { DamagedObject } from '../../git/errors.js';
import { decodeCommit, type Commit } from '../../git/commit.js';
import type { ObjectId } from '../../git/object.js';
import { LINK_MODE, TREE_MODE, treeEntry, type TreeEntry } from '../../git/tree.js';
import { LARGEST_FILE, isRecordName, kindOf, pathOf, type Kinds, type RecordKey } from '../layout.js';
import type { DifferingFile } from '../loaded-tip.js';
import type { ObjectReader } from '../../git/object-reader.js';
import { changedFiles, type ChangedFile } from '../tree-diff.js';

/** Commits followed back, in a second at most. A storm makes far fewer between two marks of the work tree. */
const FARTHEST = 50_000;

export interface TornFiles {
  readonly torn: ReadonlySet<RecordKey>;
  /** Torn files whose content was committed once, before the commits that could be followed back. */
  readonly unfollowed: readonly RecordKey[];
}

/**
 * Which of the files that differ from HEAD are torn writes: the daemon ended before they were written, or flushed. A torn
 * file is empty, holds zeros, or holds the version that one of the commits since `settled` replaced. Any other was edited.
 * Where `settled` cannot be reached by following the commits back, a file whose content was ever committed counts as torn:
 * writing it again loses nothing, since Git has it.
 * @param settled the commit that the work tree was known to be at.
 */
export function tornFiles(
  reader: ObjectReader,
  kinds: Kinds,
  head: ObjectId,
  settled: ObjectId,
  differing: readonly DifferingFile[],
  farthest = FARTHEST,
): TornFiles {
  const isLost = ({ key, found }: DifferingFile): boolean =>
    !found || isGarbage(found.content, isRecordName(key) && kindOf(kinds, key)?.isRaw);
  const torn = new Set(differing.filter(isLost).map(({ key }) => key));
  const open = new Map<RecordKey, DifferingFile>(
    differing.filter((file) => !isLost(file)).map((file) => [file.key, file]),
  );
  let place: Place | undefined = placeOf(reader, head);
  for (let count = 0; place && place.id !== settled && open.size > 0; count += 1) {
    const { commit }: Place = place;
    const step: Step | undefined =
      count < farthest ? unlessDamaged(() => stepBack(reader, kinds, commit, open)) : undefined;
    if (!step) {
      const unfollowed = mayLead(reader, settled, head) ? [...open.values()].filter(isCommitted(reader)) : [];
      for (const { key } of unfollowed) torn.add(key);
      return { torn, unfollowed: unfollowed.map(({ key }) => key) };
    }
    for (const key of step.torn) {
      torn.add(key);
      open.delete(key);
    }
    place = step.parent;
  }
  return { torn, unfollowed: [] };
}

type OpenFiles = ReadonlyMap<RecordKey, DifferingFile>;

interface Place {
  readonly id: ObjectId;
  readonly commit: Commit;
}

interface Step {
  readonly parent: Place | undefined;
  /** Records whose file holds the version that the commit replaced. */
  readonly torn: readonly RecordKey[];
}

function stepBack(reader: ObjectReader, kinds: Kinds, commit: Commit, open: OpenFiles): Step {
  const [id] = commit.parents;
  const parent = id === undefined ? undefined : placeOf(reader, id);
  const torn = replacedBy(reader, kinds, commit, parent?.commit, open)
    .filter(({ key, before }) => {
      const found = open.get(key)?.found;
      return found && before?.equals(found.id);
    })
    .map(({ key }) => key);
  return { parent, torn };
}

function placeOf(reader: ObjectReader, id: ObjectId): Place {
  return { id, commit: readCommit(reader, id) };
}

/** The versions that a commit replaced, at least those of the open files. */
function replacedBy(
  reader: ObjectReader,
  kinds: Kinds,
  commit: Commit,
  before: Commit | undefined,
  open: OpenFiles,
): readonly Pick<ChangedFile, 'key' | 'before'>[] {
  if (!changesOneRecord(commit)) return changedFiles(reader, kinds, before?.tree, commit.tree);
  const key = keyOf(commit);
  if (!open.has(key)) return [];
  const file = before && fileAt(reader, before, pathOf(kinds, key));
  return file === undefined ? [] : [{ key, before: Buffer.from(file, 'hex') }];
}

/** Whether the head can descend from `settled`, which is then older. A newer one was left behind by `git reset` or by a rescue. */
function mayLead(reader: ObjectReader, settled: ObjectId, head: ObjectId): boolean {
  const from = unlessDamaged(() => readCommit(reader, settled));
  return from !== undefined && from.committer.time < readCommit(reader, head).committer.time;
}

function isCommitted(reader: ObjectReader): (file: DifferingFile) => boolean {
  return ({ found }) => {
    const content =
      found && unlessDamaged(() => reader.readAs('blob', found.id.toString('hex'), LARGEST_FILE));
    return content !== undefined;
  };
}

function readCommit(reader: ObjectReader, id: ObjectId): Commit {
  return decodeCommit(reader.readAs('commit', id));
}

/** Undefined for what is missing or damaged. */
function unlessDamaged<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch (error) {
    if (error instanceof DamagedObject) return undefined;
    throw error;
  }
}

/** Each commit that imago made changes the one record that it names, except merges, and where it moves many. */
export function changesOneRecord({ committer, parents, message }: Commit): boolean {
  return committer.email === 'imago@imago' && parents.length === 1 && !message.startsWith(MOVES);
}

const MOVES = 'cluster: moved ';

/** Of a commit that moves the files of so many records. */
export function movesMessage(count: number): string {
  return `${MOVES}${count} records to their folders`;
}

/**
 * A power cut can leave a file empty, or with its length and zeros for its bytes, to the end. No editor does. Only a file that
 * may hold any bytes can have one in its middle.
 */
export function isGarbage(content: Buffer, isRaw = false): boolean {
  return content.length === 0 || (isRaw ? content.at(-1) === 0 : content.includes(0));
}

/** The record that a commit of imago's names. */
export function keyOf({ message }: Commit): RecordKey {
  return message.split(': ', 1)[0] as RecordKey;
}

/** The id of a file in a commit; undefined also where a link is. */
export function fileAt(reader: ObjectReader, commit: Commit, path: string): ObjectId | undefined {
  const entry = entryAt(reader, commit, path);
  return entry?.mode === LINK_MODE ? undefined : entry?.id.toString('hex');
}

/** What stands at a path in a commit. */
export function entryAt(reader: ObjectReader, commit: Commit, path: string): TreeEntry | undefined {
  let id = commit.tree;
  let entry: TreeEntry | undefined;
  for (const name of path.split('/')) {
    if (entry && entry.mode !== TREE_MODE) return undefined;
    entry = treeEntry(reader.readAs('tree', id), name);
    if (!entry) return undefined;
    id = entry.id.toString('hex');
  }
  return entry;
}
