import type { Serial } from '../host/serial.js';
import type { ObjectId, RawId } from '../git/object.js';
import {
  EMPTY_TREE,
  TREE_MODE,
  treeEntries,
  treeEntry,
  type EncodedTree,
  type TreeEntry,
} from '../git/tree.js';
import {
  HOSTS_FOLDER,
  HOST_FILE,
  nameOfFile,
  type Kinds,
  type RecordKey,
  type RecordName,
} from './layout.js';
import type { ObjectReader } from '../git/object-reader.js';

/** A record's file that is not the same in two trees; undefined where there is none. */
export interface ChangedFile<K extends RecordKey = RecordKey> {
  readonly key: K;
  readonly before: RawId | undefined;
  readonly after: RawId | undefined;
}

/** The hosts whose files differ between two root trees: only folders with different ids are looked into. */
export function changedHosts(
  reader: ObjectReader,
  before: ObjectId | undefined,
  after: ObjectId,
): ChangedFile<Serial>[] {
  const changed: ChangedFile<Serial>[] = [];
  for (const shard of differing(
    subtree(reader, before, HOSTS_FOLDER),
    subtree(reader, after, HOSTS_FOLDER),
  )) {
    for (const folder of differing(readTree(reader, shard.before), readTree(reader, shard.after))) {
      const file = {
        key: folder.name as Serial,
        before: fileIn(reader, folder.before),
        after: fileIn(reader, folder.after),
      };
      if (file.before?.toString('hex') !== file.after?.toString('hex')) changed.push(file);
    }
  }
  return changed;
}

/** The hosts, and the records of these kinds, whose files differ between two root trees. */
export function changedFiles(
  reader: ObjectReader,
  kinds: Kinds,
  before: ObjectId | undefined,
  after: ObjectId,
): ChangedFile[] {
  const changed: ChangedFile[] = changedHosts(reader, before, after);
  for (const kind of kinds.keys()) {
    const [old, now] = [subtree(reader, before, kind), subtree(reader, after, kind)];
    for (const { name: file, ...ids } of differing(old, now, isNoFolder)) {
      const name = nameOfFile(file);
      if (name !== undefined) changed.push({ key: `${kind}/${name}` satisfies RecordName, ...ids });
    }
  }
  return changed;
}

function* differing(
  before: EncodedTree,
  after: EncodedTree,
  isMeant = isFolder,
): Generator<{ name: string; before: RawId | undefined; after: RawId | undefined }> {
  const old = entriesOf(before, isMeant);
  for (const [name, id] of entriesOf(after, isMeant)) {
    const previous = old.get(name);
    old.delete(name);
    if (!previous?.equals(id)) yield { name, before: previous, after: id };
  }
  for (const [name, id] of old) yield { name, before: id, after: undefined };
}

function entriesOf(tree: EncodedTree, isMeant: (entry: TreeEntry) => boolean): Map<string, RawId> {
  return new Map([...treeEntries(tree)].filter(isMeant).map(({ name, id }) => [name, id]));
}

function isFolder({ mode }: TreeEntry): boolean {
  return mode === TREE_MODE;
}

function isNoFolder({ mode }: TreeEntry): boolean {
  return mode !== TREE_MODE;
}

function subtree(reader: ObjectReader, root: ObjectId | undefined, name: string): EncodedTree {
  const entry = root === undefined ? undefined : treeEntry(reader.readAs('tree', root), name);
  return readTree(reader, entry?.mode === TREE_MODE ? entry.id : undefined);
}

function readTree(reader: ObjectReader, id: RawId | undefined): EncodedTree {
  return id ? reader.readAs('tree', id.toString('hex')) : EMPTY_TREE;
}

function fileIn(reader: ObjectReader, folder: RawId | undefined): RawId | undefined {
  return folder && treeEntry(readTree(reader, folder), HOST_FILE)?.id;
}
