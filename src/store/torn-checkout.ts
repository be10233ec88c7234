import type { Serial } from '../host/serial.js';
import { decodeCommit, type Commit } from './git-commit.js';
import type { ObjectId } from './git-object.js';
import { treeEntry } from './git-tree.js';
import { hostPath } from './layout.js';
import type { DifferingFile } from './load-tip.js';
import type { ObjectReader } from './object-reader.js';

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
  const torn = new Set(differing.filter(({ found }) => !found).map(({ serial }) => serial));
  const open = new Map(differing.filter(({ found }) => found).map((file) => [file.serial, file]));
  let id: ObjectId | undefined = head;
  while (id !== undefined && open.size > 0) {
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
  if (!found || isEmpty(found.content)) return true;
  const before = parent === undefined ? undefined : decodeCommit(reader.readAs('commit', parent));
  return [commit, before].some(
    (version) => version && fileAt(reader, version, serial) === found.id.toString('hex'),
  );
}

/** After a power cut a new file can have its length and none of its bytes. */
function isEmpty(content: Buffer): boolean {
  return content.every((byte) => byte === 0);
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
