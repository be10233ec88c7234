import type { Serial } from '../host/serial.js';
import { decodeCommit, type Commit } from './git-commit.js';
import type { ObjectId } from './git-object.js';
import { treeEntry } from './git-tree.js';
import { hostPath } from './layout.js';
import type { DifferingFile } from './load-tip.js';
import type { ObjectReader } from './object-reader.js';

/** Commits followed back: many times what a storm makes between two marks, and a second's work at most. */
const FARTHEST = 50_000;

/**
 * Which of the files that differ from HEAD were on their way to it when the daemon ended: those that hold an earlier
 * version of the commits since `settled`, or nothing. All others were edited by somebody.
 * @param settled the commit that the work tree was known to be at.
 */
export function tornFiles(
  reader: ObjectReader,
  head: ObjectId,
  settled: ObjectId,
  differing: readonly DifferingFile[],
): ReadonlySet<Serial> {
  const isLost = ({ found }: DifferingFile): boolean => !found || isGarbage(found.content);
  const torn = new Set(differing.filter(isLost).map(({ serial }) => serial));
  const open = new Map(differing.filter((file) => !isLost(file)).map((file) => [file.serial, file]));
  let id: ObjectId | undefined = head;
  for (let count = 0; id !== undefined && open.size > 0 && count < FARTHEST; count += 1) {
    const commit: Commit = decodeCommit(reader.readAs('commit', id));
    const parent: ObjectId | undefined = commit.parents[0];
    const [serial = ''] = commit.message.split(': ', 1);
    const file = id === settled ? undefined : open.get(serial as Serial);
    if (file && isVersionOf(reader, file, commit, parent)) {
      torn.add(file.serial);
      open.delete(file.serial);
    }
    id = id === settled ? undefined : parent;
  }
  return torn;
}

/** Whether the file found is what stood there before the commit, or nothing yet. */
function isVersionOf(
  reader: ObjectReader,
  { serial, found }: DifferingFile,
  commit: Commit,
  parent: ObjectId | undefined,
): boolean {
  if (!found) return true;
  const before = parent === undefined ? undefined : decodeCommit(reader.readAs('commit', parent));
  return [commit, before].some(
    (version) => version && fileAt(reader, version, serial) === found.id.toString('hex'),
  );
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
