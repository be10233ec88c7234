import type { RecordKind } from '../host/record-kind.js';
import type { Serial } from '../host/serial.js';
import { decodeCommit } from '../git/commit.js';
import type { ObjectId, RawId } from '../git/object.js';
import {
  EMPTY_TREE,
  LINK_MODE,
  TREE_MODE,
  treeEntries,
  treeEntry,
  type EncodedTree,
  type TreeEntry,
} from '../git/tree.js';
import {
  HOSTS_FOLDER,
  HOST_FILE,
  fileOfName,
  isShard,
  nameOfFile,
  shardOf,
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
  for (const kind of kinds.values()) changed.push(...changedRecords(reader, kind, before, after));
  return changed;
}

/** Ids of a file before and after. */
type Ids = Omit<ChangedFile, 'key'>;

/**
 * The file of a record is the one that somebody put into the kind's folder itself, or else into a shard that is not its own,
 * or else the one in its place.
 */
function changedRecords(
  reader: ObjectReader,
  kind: RecordKind,
  before: ObjectId | undefined,
  after: ObjectId,
): ChangedFile<RecordName>[] {
  const folders = { before: subtree(reader, before, kind.name), after: subtree(reader, after, kind.name) };
  const byName = new Map<string, Map<string, Ids>>();
  const note = (shard: string, trees: { before: EncodedTree; after: EncodedTree }): void => {
    for (const { name: file, ...ids } of differing(trees.before, trees.after, isFile)) {
      const name = nameOfFile(kind, file);
      if (name !== undefined) byName.set(name, (byName.get(name) ?? new Map()).set(shard, ids));
    }
  };
  note(FLAT, folders);
  for (const { name: shard, ...ids } of differing(folders.before, folders.after)) {
    if (isShard(shard))
      note(shard, { before: readTree(reader, ids.before), after: readTree(reader, ids.after) });
  }
  return [...byName].sort(byFirst).flatMap(([name, places]) => {
    const own = shardOf(name);
    const strays = [...places.keys()].filter((shard) => shard !== FLAT && shard !== own);
    const file = fileOfName(kind, name);
    const idIn = (side: keyof Ids): RawId | undefined => {
      for (const shard of [FLAT, ...strays, own]) {
        const known = places.get(shard);
        const id = known ? known[side] : recordFileIn(reader, folders[side], shard, file);
        if (id) return id;
      }
      return undefined;
    };
    const ids = { before: idIn('before'), after: idIn('after') };
    const isSame = ids.before?.toString('hex') === ids.after?.toString('hex');
    return isSame ? [] : [{ key: `${kind.name}/${name}` satisfies RecordName, ...ids }];
  });
}

function byFirst([a]: readonly [string, unknown], [b]: readonly [string, unknown]): number {
  return a < b ? -1 : 1;
}

/** The file of a record as a commit has it, wherever somebody put it; undefined where it has none. */
export function recordFileAt(
  reader: ObjectReader,
  kind: RecordKind,
  commit: ObjectId,
  name: string,
): RawId | undefined {
  const { tree } = decodeCommit(reader.readAs('commit', commit));
  const folder = subtree(reader, tree, kind.name);
  const file = fileOfName(kind, name);
  const shards = [...treeEntries(folder)].map((entry) => entry.name).filter(isShard);
  for (const shard of [FLAT, shardOf(name), ...shards]) {
    const id = recordFileIn(reader, folder, shard, file);
    if (id) return id;
  }
  return undefined;
}

/** The place of a file directly in its kind's folder. */
const FLAT = '';

function recordFileIn(
  reader: ObjectReader,
  folder: EncodedTree,
  shard: string,
  file: string,
): RawId | undefined {
  const within = shard === FLAT ? undefined : treeEntry(folder, shard);
  if (shard !== FLAT && within?.mode !== TREE_MODE) return undefined;
  const entry = treeEntry(within ? readTree(reader, within.id) : folder, file);
  return entry && isFile(entry) ? entry.id : undefined;
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

/** A link in the place of a file counts as none: the record is refused. */
function isFile({ mode }: TreeEntry): boolean {
  return mode !== TREE_MODE && mode !== LINK_MODE;
}

function subtree(reader: ObjectReader, root: ObjectId | undefined, name: string): EncodedTree {
  const entry = root === undefined ? undefined : treeEntry(reader.readAs('tree', root), name);
  return readTree(reader, entry?.mode === TREE_MODE ? entry.id : undefined);
}

function readTree(reader: ObjectReader, id: RawId | undefined): EncodedTree {
  return id ? reader.readAs('tree', id.toString('hex')) : EMPTY_TREE;
}

function fileIn(reader: ObjectReader, folder: RawId | undefined): RawId | undefined {
  const file = folder && treeEntry(readTree(reader, folder), HOST_FILE);
  return file && isFile(file) ? file.id : undefined;
}
