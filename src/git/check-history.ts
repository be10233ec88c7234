import { decodeCommit } from './commit.js';
import type { ObjectId } from './object.js';
import { TREE_MODE, treeEntries } from './tree.js';
import type { ObjectReader } from './object-reader.js';

/** A commit of another repository, which is not kept in this one. */
const SUBMODULE_MODE = '160000';

/**
 * Reads each commit that leads to this one, each tree and each file of theirs, once. Checksums of packs do not tell that
 * all of them are there, nor that they were whole when the pack was written.
 * @throws DamagedObject
 */
export function checkHistory(reader: ObjectReader, head: ObjectId): void {
  const seen = new Set<string>();
  const isNew = (key: string): boolean => seen.size !== seen.add(key).size;
  const commits = [head];
  for (let id = commits.pop(); id !== undefined; id = commits.pop()) {
    if (!isNew(Buffer.from(id, 'hex').toString('latin1'))) continue;
    const { tree, parents } = decodeCommit(reader.readAs('commit', id));
    commits.push(...parents);
    checkTree(reader, Buffer.from(tree, 'hex'), isNew);
  }
}

function checkTree(reader: ObjectReader, id: Buffer, isNew: (key: string) => boolean): void {
  if (!isNew(id.toString('latin1'))) return;
  for (const entry of treeEntries(reader.readAs('tree', id.toString('hex')))) {
    if (entry.mode === TREE_MODE) checkTree(reader, entry.id, isNew);
    else if (entry.mode !== SUBMODULE_MODE && isNew(entry.id.toString('latin1')))
      reader.readAs('blob', entry.id.toString('hex'));
  }
}
