import type { RawId } from './git-object.js';

/**
 * Trees in their encoded form (`<mode> <name>\0<20-byte id>` per entry), which is also the form they are kept in: at
 * 10,000 hosts they are half a megabyte, and a change is one splice.
 */
export type EncodedTree = Buffer;

export interface TreeEntry {
  /** Octal, without leading zeros, as Git writes it. */
  readonly mode: string;
  readonly name: string;
  readonly id: RawId;
}

export const TREE_MODE = '40000';
export const FILE_MODE = '100644';

export const EMPTY_TREE: EncodedTree = Buffer.alloc(0);

const SPACE = 0x20;
const ID_LENGTH = 20;

export function* treeEntries(tree: EncodedTree): Generator<TreeEntry> {
  for (let offset = 0; offset < tree.length;) {
    const { mode, name, end } = entryAt(tree, offset);
    yield { mode, name, id: tree.subarray(end - ID_LENGTH, end) };
    offset = end;
  }
}

export function encodeTree(entries: readonly TreeEntry[]): EncodedTree {
  return Buffer.concat([...entries].sort(compareEntries).map(encodeEntry));
}

export function treeEntry(tree: EncodedTree, name: string): TreeEntry | undefined {
  for (const entry of treeEntries(tree)) if (entry.name === name) return entry;
  return undefined;
}

/** A new tree in which the entry is added or replaced. */
export function withEntry(tree: EncodedTree, entry: TreeEntry): EncodedTree {
  let offset = 0;
  while (offset < tree.length) {
    const present = entryAt(tree, offset);
    if (present.name === entry.name) return splice(tree, offset, present.end, encodeEntry(entry));
    if (compareEntries(present, entry) > 0) break;
    offset = present.end;
  }
  return splice(tree, offset, offset, encodeEntry(entry));
}

export function withoutEntry(tree: EncodedTree, name: string): EncodedTree {
  for (let offset = 0; offset < tree.length;) {
    const present = entryAt(tree, offset);
    if (present.name === name) return splice(tree, offset, present.end, Buffer.alloc(0));
    offset = present.end;
  }
  return tree;
}

function splice(tree: EncodedTree, from: number, to: number, insert: Buffer): EncodedTree {
  return Buffer.concat([tree.subarray(0, from), insert, tree.subarray(to)]);
}

function encodeEntry(entry: TreeEntry): Buffer {
  return Buffer.concat([Buffer.from(`${entry.mode} ${entry.name}\0`, 'utf8'), entry.id]);
}

function entryAt(tree: EncodedTree, offset: number): { mode: string; name: string; end: number } {
  const space = tree.indexOf(SPACE, offset);
  const nul = tree.indexOf(0, space);
  const end = nul + 1 + ID_LENGTH;
  if (space < 0 || nul < 0 || end > tree.length) throw new RangeError('a tree object is cut short');
  return { mode: tree.toString('latin1', offset, space), name: tree.toString('utf8', space + 1, nul), end };
}

/** Git's order: by bytes, a folder as if its name ended with a slash. */
function compareEntries(a: Pick<TreeEntry, 'mode' | 'name'>, b: Pick<TreeEntry, 'mode' | 'name'>): number {
  return Buffer.compare(sortKey(a), sortKey(b));
}

function sortKey({ mode, name }: Pick<TreeEntry, 'mode' | 'name'>): Buffer {
  return Buffer.from(mode === TREE_MODE ? `${name}/` : name, 'utf8');
}
