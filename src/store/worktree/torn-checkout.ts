import type { Serial } from '../../host/serial.js';
import { DamagedObject } from '../../git/errors.js';
import { decodeCommit, type Commit } from '../../git/commit.js';
import type { ObjectId } from '../../git/object.js';
import { treeEntry } from '../../git/tree.js';
import { LARGEST_FILE, hostPath } from '../layout.js';
import type { DifferingFile } from '../load-tip.js';
import type { ObjectReader } from '../../git/object-reader.js';
import { changedHosts, type ChangedHost } from '../tree-diff.js';

/** Commits followed back: what a storm makes between two marks, many times over as a rule, and a second's work at most. */
const FARTHEST = 50_000;

export interface TornFiles {
  readonly torn: ReadonlySet<Serial>;
  /** Of those, the ones that are so only because their content was committed once: it could not be followed back when. */
  readonly unfollowed: readonly Serial[];
}

/**
 * Which of the files that differ from HEAD were on their way to it when the daemon ended: those that hold an earlier
 * version of the commits since `settled`, or nothing. All others were edited by somebody. Where `settled` lies beyond what
 * can be followed back, a file that holds anything that was ever committed is torn: Git has it in any case.
 * @param settled the commit that the work tree was known to be at.
 */
export function tornFiles(
  reader: ObjectReader,
  head: ObjectId,
  settled: ObjectId,
  differing: readonly DifferingFile[],
  farthest = FARTHEST,
): TornFiles {
  const isLost = ({ found }: DifferingFile): boolean => !found || isGarbage(found.content);
  const torn = new Set(differing.filter(isLost).map(({ serial }) => serial));
  const open = new Map<Serial, DifferingFile>(
    differing.filter((file) => !isLost(file)).map((file) => [file.serial, file]),
  );
  let place: Place | undefined = placeOf(reader, head);
  for (let count = 0; place && place.id !== settled && open.size > 0; count += 1) {
    const { commit }: Place = place;
    const step: Step | undefined =
      count < farthest ? unlessDamaged(() => stepBack(reader, commit, open)) : undefined;
    if (!step) {
      const unfollowed = mayLead(reader, settled, head) ? [...open.values()].filter(isCommitted(reader)) : [];
      for (const { serial } of unfollowed) torn.add(serial);
      return { torn, unfollowed: unfollowed.map(({ serial }) => serial) };
    }
    for (const serial of step.torn) {
      torn.add(serial);
      open.delete(serial);
    }
    place = step.parent;
  }
  return { torn, unfollowed: [] };
}

type OpenFiles = ReadonlyMap<Serial, DifferingFile>;

interface Place {
  readonly id: ObjectId;
  readonly commit: Commit;
}

interface Step {
  readonly parent: Place | undefined;
  /** Whose file is what stood there before the commit. What it put there is HEAD's, or stood there before a later one. */
  readonly torn: readonly Serial[];
}

function stepBack(reader: ObjectReader, commit: Commit, open: OpenFiles): Step {
  const [id] = commit.parents;
  const parent = id === undefined ? undefined : placeOf(reader, id);
  const torn = replacedBy(reader, commit, parent?.commit, open)
    .filter(({ serial, before }) => {
      const found = open.get(serial)?.found;
      return found && before?.equals(found.id);
    })
    .map(({ serial }) => serial);
  return { parent, torn };
}

function placeOf(reader: ObjectReader, id: ObjectId): Place {
  return { id, commit: readCommit(reader, id) };
}

/** What a commit put something else in the place of; of the open files at least. */
function replacedBy(
  reader: ObjectReader,
  commit: Commit,
  before: Commit | undefined,
  open: OpenFiles,
): readonly Pick<ChangedHost, 'serial' | 'before'>[] {
  if (!changesOneHost(commit)) return changedHosts(reader, before?.tree, commit.tree);
  const serial = commit.message.split(': ', 1)[0] as Serial;
  if (!open.has(serial)) return [];
  const file = before && fileAt(reader, before, serial);
  return file === undefined ? [] : [{ serial, before: Buffer.from(file, 'hex') }];
}

/** Whether the head comes from there by many commits. One that is newer was left behind: by `git reset`, or as what is damaged. */
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

/** A commit of imago's own, but for what it took in from elsewhere, changes the one host that it names. */
export function changesOneHost({ committer, parents }: Commit): boolean {
  return committer.email === 'imago@imago' && parents.length === 1;
}
/** What no editor leaves: after a power cut a file can have its length and none of its bytes. */
export function isGarbage(content: Buffer): boolean {
  return content.length === 0 || content.includes(0);
}

/** The id of a host's file in a commit. */
export function fileAt(reader: ObjectReader, commit: Commit, serial: Serial): ObjectId | undefined {
  let id = commit.tree;
  for (const name of hostPath(serial).split('/')) {
    const entry = treeEntry(reader.readAs('tree', id), name);
    if (!entry) return undefined;
    id = entry.id.toString('hex');
  }
  return id;
}
