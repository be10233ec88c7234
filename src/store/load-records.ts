import type { ObjectReader } from '../git/object-reader.js';
import { rawIdOf, type RawId } from '../git/object.js';
import {
  FILE_MODE,
  LINK_MODE,
  TREE_MODE,
  encodeTree,
  treeEntries,
  type EncodedTree,
  type TreeEntry,
} from '../git/tree.js';
import { InvalidRecord, type RecordKind } from '../host/record-kind.js';
import type { FleetTip } from './fleet-tip.js';
import {
  fileOfName,
  isShard,
  nameOfFile,
  partsOfName,
  recordPath,
  shardOf,
  type RecordName,
} from './layout.js';
import type { DifferingFile, InvalidFile, KnownTip, StrayRecord } from './loaded-tip.js';
import { linkFault } from './link-fault.js';
import { parseRecord, readRecord } from './record-file.js';

interface FoundStray extends StrayRecord {
  readonly kind: RecordKind;
  readonly file: TreeEntry;
}

/** The part of a commit's tip that is no hosts: the folders of kinds. */
export class RecordsLoader {
  invalid: readonly InvalidFile[] = [];
  readonly strays: FoundStray[] = [];
  readonly #differing: DifferingFile[] = [];
  readonly #committed = new Set<RecordName>();

  /** @param keep told of files that are no record's, or not in its place. */
  constructor(
    private readonly reader: ObjectReader,
    private readonly known: KnownTip,
    private readonly tip: FleetTip,
    private readonly keep: (path: string, entry: TreeEntry) => void,
  ) {}

  /** Once all folders are loaded. */
  differing(): readonly DifferingFile[] {
    const found = [...(this.known.found?.records ?? [])];
    return [
      ...this.#differing,
      ...found
        .filter(([key]) => !this.#committed.has(key))
        .map(([key, file]) => ({ key, committed: undefined, found: file })),
    ];
  }

  /** @param id of the kind's folder. */
  load(kind: RecordKind, id: RawId): void {
    const previous = this.known.previous?.folders.get(kind.name);
    const candidates = this.#recordsFound(kind);
    const candidate = encodeTree(
      [...candidates].map(([name, tree]) => ({ mode: TREE_MODE, name, id: rawIdOf('tree', tree) })),
    );
    const tree = knownTree(this.reader, id, candidate, previous?.tree);
    const shards = new Map<string, EncodedTree>();
    this.tip.folders.set(kind.name, { tree, shards, records: new Map() });
    const flat: TreeEntry[] = [];
    for (const child of treeEntries(tree)) {
      if (child.mode === TREE_MODE && isShard(child.name)) {
        const before = previous?.shards.get(child.name);
        const shard = knownTree(this.reader, child.id, candidates.get(child.name), before);
        shards.set(child.name, shard);
        this.#loadRecords(kind, child.name, shard, before);
      } else flat.push(child);
    }
    // Those directly in the folder come last: they were put there by hand, and hold.
    for (const file of flat) this.#loadStray(kind, `${kind.name}/${file.name}`, file);
    for (const stray of this.strays) if (stray.kind === kind) this.#loadStrayRecord(stray);
  }

  #loadRecords(kind: RecordKind, shard: string, tree: EncodedTree, previous: EncodedTree | undefined): void {
    const before = new Map(previous ? [...treeEntries(previous)].map(({ name, id }) => [name, id]) : []);
    for (const file of treeEntries(tree)) {
      const name = file.mode === TREE_MODE ? undefined : nameOfFile(kind, file.name);
      if (name !== undefined && shard === shardOf(name)) {
        const isAsBefore = before.get(file.name)?.equals(file.id) === true;
        this.#loadRecord(kind, `${kind.name}/${name}`, file, isAsBefore);
      } else this.#loadStray(kind, `${kind.name}/${shard}/${file.name}`, file);
    }
  }

  /** A record's file in another place, or one of an operator's. */
  #loadStray(kind: RecordKind, path: string, file: TreeEntry): void {
    this.keep(path, file);
    const name = file.mode === TREE_MODE ? undefined : nameOfFile(kind, file.name);
    if (name !== undefined) this.strays.push({ key: `${kind.name}/${name}`, path, kind, file });
  }

  #loadRecord(kind: RecordKind, key: RecordName, { id, mode }: TreeEntry, isAsBefore: boolean): void {
    this.#committed.add(key);
    const found = this.known.found?.records.get(key);
    const isFound = found?.id.equals(id) === true;
    if (this.known.found && !isFound) this.#differing.push({ key, committed: id, found });
    const known = isAsBefore ? this.known.previous?.record(key) : undefined;
    try {
      if (mode === LINK_MODE) throw linkFault(recordPath(kind, partsOfName(key).name));
      const read = () =>
        isFound ? parseRecord(kind, key, found.content) : readRecord(this.reader, kind, key, id);
      this.tip.putRecord(key, known ?? read());
    } catch (error) {
      if (!(error instanceof InvalidRecord)) throw error;
      this.invalid = [...this.invalid, { key, error }];
    }
  }

  /** Whatever is in its place, or was before it in another. */
  #loadStrayRecord({ kind, key, path, file: { id, mode } }: FoundStray): void {
    this.invalid = this.invalid.filter((invalid) => invalid.key !== key);
    try {
      if (mode === LINK_MODE) throw linkFault(path);
      this.tip.putRecord(key, readRecord(this.reader, kind, key, id, path));
    } catch (error) {
      if (!(error instanceof InvalidRecord)) throw error;
      this.invalid = [...this.invalid, { key, error }];
    }
  }

  /** The shards of a kind with nothing in them but what was found. */
  #recordsFound(kind: RecordKind): ReadonlyMap<string, EncodedTree> {
    const shards = new Map<string, TreeEntry[]>();
    for (const [key, { id }] of this.known.found?.records ?? []) {
      const { kind: folder, name } = partsOfName(key);
      if (folder !== kind.name) continue;
      const entry = { mode: FILE_MODE, name: fileOfName(kind, name), id };
      const shard = shardOf(name);
      const entries = shards.get(shard);
      if (entries) entries.push(entry);
      else shards.set(shard, [entry]);
    }
    return new Map([...shards].map(([shard, entries]) => [shard, encodeTree(entries)]));
  }
}

/** A tree that may be one of these already: equal ids say so. */
export function knownTree(
  reader: ObjectReader,
  id: RawId,
  ...candidates: readonly (EncodedTree | undefined)[]
): EncodedTree {
  const known = candidates.find((tree) => tree && rawIdOf('tree', tree).equals(id));
  return known ?? reader.readAs('tree', id.toString('hex'));
}
