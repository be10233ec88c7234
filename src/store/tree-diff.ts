import type { Serial } from '../host/serial.js';
import type { ObjectId, RawId } from '../git/object.js';
import { EMPTY_TREE, TREE_MODE, treeEntries, treeEntry, type EncodedTree } from '../git/tree.js';
import { HOSTS_FOLDER, HOST_FILE } from './layout.js';
import type { ObjectReader } from '../git/object-reader.js';

/** A host's file that is not the same in two trees; undefined where there is none. */
export interface ChangedHost {
  readonly serial: Serial;
  readonly before: RawId | undefined;
  readonly after: RawId | undefined;
}

/** The hosts whose files differ between two root trees: only folders with different ids are looked into. */
export function changedHosts(
  reader: ObjectReader,
  before: ObjectId | undefined,
  after: ObjectId,
): ChangedHost[] {
  const changed: ChangedHost[] = [];
  for (const shard of differing(
    subtree(reader, before, HOSTS_FOLDER),
    subtree(reader, after, HOSTS_FOLDER),
  )) {
    for (const folder of differing(readTree(reader, shard.before), readTree(reader, shard.after))) {
      const file = {
        serial: folder.name as Serial,
        before: fileIn(reader, folder.before),
        after: fileIn(reader, folder.after),
      };
      if (file.before?.toString('hex') !== file.after?.toString('hex')) changed.push(file);
    }
  }
  return changed;
}

function* differing(
  before: EncodedTree,
  after: EncodedTree,
): Generator<{ name: string; before: RawId | undefined; after: RawId | undefined }> {
  const old = foldersOf(before);
  for (const [name, id] of foldersOf(after)) {
    const previous = old.get(name);
    old.delete(name);
    if (!previous?.equals(id)) yield { name, before: previous, after: id };
  }
  for (const [name, id] of old) yield { name, before: id, after: undefined };
}

function foldersOf(tree: EncodedTree): Map<string, RawId> {
  return new Map(
    [...treeEntries(tree)].filter(({ mode }) => mode === TREE_MODE).map(({ name, id }) => [name, id]),
  );
}

function subtree(reader: ObjectReader, root: ObjectId | undefined, name: string): EncodedTree {
  const entry = root === undefined ? undefined : treeEntry(reader.readAs('tree', root), name);
  return readTree(reader, entry?.id);
}

function readTree(reader: ObjectReader, id: RawId | undefined): EncodedTree {
  return id ? reader.readAs('tree', id.toString('hex')) : EMPTY_TREE;
}

function fileIn(reader: ObjectReader, folder: RawId | undefined): RawId | undefined {
  return folder && treeEntry(readTree(reader, folder), HOST_FILE)?.id;
}
