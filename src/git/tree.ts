import type { RawId } from './object.js';

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
export const LINK_MODE = '120000';

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
  const wanted = Buffer.from(name, 'utf8');
  for (let offset = 0; offset < tree.length;) {
    const { nameAt, nul, end } = partsAt(tree, offset);
    if (nul - nameAt === wanted.length && wanted.compare(tree, nameAt, nul) === 0) {
      const mode = tree.toString('latin1', offset, nameAt - 1);
      return { mode, name, id: tree.subarray(end - ID_LENGTH, end) };
    }
    offset = end;
  }
  return undefined;
}

/** A new tree in which the entry is added or replaced. */
export function withEntry(tree: EncodedTree, entry: TreeEntry): EncodedTree {
  const { from, to } = locate(tree, entry.name, entry.mode === TREE_MODE);
  return splice(tree, from, to, encodeEntry(entry));
}

export function withoutEntry(tree: EncodedTree, name: string): EncodedTree {
  for (let offset = 0; offset < tree.length;) {
    const present = entryAt(tree, offset);
    if (present.name === name) return splice(tree, offset, present.end, Buffer.alloc(0));
    offset = present.end;
  }
  return tree;
}

const SLASH = 0x2f;
const FOLDER_MODE_START = 0x34;

/**
 * Where the entry of this name is, or belongs (then `from` is `to`). Walks the bytes as they are: this runs three times
 * for each change, over up to 256 entries.
 */
function locate(tree: EncodedTree, name: string, isFolder: boolean): { from: number; to: number } {
  const wanted = Buffer.from(name, 'utf8');
  let offset = 0;
  while (offset < tree.length) {
    const start = offset + (tree[offset + 5] === SPACE ? 6 : 7);
    let same = 0;
    while (same < wanted.length && tree[start + same] === wanted[same]) same += 1;
    let end = start + same;
    const byte = tree[end] ?? 0;
    while (end < tree.length && tree[end] !== 0) end += 1;
    end += 1 + ID_LENGTH;
    if (byte === 0 && same === wanted.length) return { from: offset, to: end };
    const present = byte === 0 && tree[offset] === FOLDER_MODE_START ? SLASH : byte;
    const ours = same < wanted.length ? (wanted[same] ?? 0) : isFolder ? SLASH : 0;
    if (present > ours) return { from: offset, to: offset };
    offset = end;
  }
  return { from: offset, to: offset };
}

function splice(tree: EncodedTree, from: number, to: number, insert: Buffer): EncodedTree {
  const spliced = Buffer.allocUnsafe(tree.length - (to - from) + insert.length);
  tree.copy(spliced, 0, 0, from);
  insert.copy(spliced, from);
  tree.copy(spliced, from + insert.length, to);
  return spliced;
}

function encodeEntry(entry: TreeEntry): Buffer {
  const start = `${entry.mode} ${entry.name}\0`;
  const encoded = Buffer.allocUnsafe(Buffer.byteLength(start) + ID_LENGTH);
  entry.id.copy(encoded, encoded.write(start));
  return encoded;
}

function entryAt(tree: EncodedTree, offset: number): { mode: string; name: string; end: number } {
  const { nameAt, nul, end } = partsAt(tree, offset);
  return {
    mode: tree.toString('latin1', offset, nameAt - 1),
    name: tree.toString('utf8', nameAt, nul),
    end,
  };
}

function partsAt(tree: EncodedTree, offset: number): { nameAt: number; nul: number; end: number } {
  const space = tree.indexOf(SPACE, offset);
  const nul = tree.indexOf(0, space);
  const end = nul + 1 + ID_LENGTH;
  if (space < 0 || nul < 0 || end > tree.length) throw new RangeError('a tree object is cut short');
  return { nameAt: space + 1, nul, end };
}

/** Git's order: by bytes, a folder as if its name ended with a slash. */
function compareEntries(a: Pick<TreeEntry, 'mode' | 'name'>, b: Pick<TreeEntry, 'mode' | 'name'>): number {
  return Buffer.compare(sortKey(a), sortKey(b));
}

function sortKey({ mode, name }: Pick<TreeEntry, 'mode' | 'name'>): Buffer {
  return Buffer.from(mode === TREE_MODE ? `${name}/` : name, 'utf8');
}
