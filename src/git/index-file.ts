import { lstatSync, type BigIntStats } from 'node:fs';
import { isMissing } from '../errors.js';
import { sha1 } from './object.js';

/** Git's index, version 2 (gitformat-index): what makes `git status` fast and a plain `git commit` start from HEAD. */
const FIXED = 62;
const MODE_FILE = 0o100644;
const SECOND = 1_000_000_000n;

/** @param stats undefined where the file could not be looked at: Git then compares its content. */
export function encodeIndexEntry(
  path: string,
  id: Uint8Array,
  stats: BigIntStats | undefined,
  mode = MODE_FILE,
): Buffer {
  const name = Buffer.from(path, 'utf8');
  const entry = Buffer.alloc(Math.ceil((FIXED + name.length + 1) / 8) * 8);
  if (stats) {
    const numbers = [
      stats.ctimeNs / SECOND,
      stats.ctimeNs % SECOND,
      stats.mtimeNs / SECOND,
      stats.mtimeNs % SECOND,
      stats.dev,
      stats.ino,
      BigInt(mode),
      stats.uid,
      stats.gid,
      stats.size,
    ];
    numbers.forEach((number, position) =>
      entry.writeUInt32BE(Number(BigInt.asUintN(32, number)), position * 4),
    );
  }
  entry.writeUInt32BE(mode, 24);
  entry.set(id, 40);
  entry.writeUInt16BE(Math.min(name.length, 0xfff), 60);
  name.copy(entry, FIXED);
  return entry;
}

/** Undefined where nothing is, also where no folder leads to it. */
export function statOf(path: string): BigIntStats | undefined {
  try {
    return lstatSync(path, { bigint: true, throwIfNoEntry: false });
  } catch (error) {
    if (isMissing(error)) return undefined;
    throw error;
  }
}

/** Whether a file is as it was when the entry was made: same time, size and inode. */
export function isUnchanged(entry: Buffer, stats: BigIntStats): boolean {
  const now = encodeIndexEntry('', entry.subarray(40, 60), stats);
  return STAT_FIELDS.every((offset) => entry.readUInt32BE(offset) === now.readUInt32BE(offset));
}

/** Where the modification time (seconds, nanoseconds), the inode and the size stand. */
const STAT_FIELDS = [8, 12, 20, 36];

/**
 * The entry without the time of the last change of its inode, which nothing here compares: so is told what is perhaps not on the
 * disk yet. Git compares the content of a file with such an entry.
 */
export function asUnflushed(entry: Buffer): Buffer {
  return Buffer.from(entry).fill(0, 0, CTIME_BYTES);
}

export function isUnflushed(entry: Buffer): boolean {
  return entry.subarray(0, CTIME_BYTES).every((byte) => byte === 0);
}

const CTIME_BYTES = 8;

export function indexEntryId(entry: Buffer): Buffer {
  return entry.subarray(40, 60);
}

export function indexEntryPath(entry: Buffer): string {
  return entry.toString('utf8', FIXED, entry.indexOf(0, FIXED));
}

/** Takes apart what was made by joining entries. */
export function* splitIndexEntries(entries: Buffer): Generator<Buffer> {
  for (let offset = 0; offset < entries.length;) {
    const end = entries.indexOf(0, offset + FIXED);
    const length = Math.ceil((end + 1 - offset) / 8) * 8;
    yield entries.subarray(offset, offset + length);
    offset += length;
  }
}

export function encodeIndex(entries: Iterable<Buffer>): Buffer {
  // By the bytes of the names. As strings of a byte per character they are compared without making two Buffers for each comparison.
  const sorted = [...entries]
    .map((entry) => ({ entry, name: entry.toString('latin1', FIXED) }))
    .sort((a, b) => (a.name < b.name ? -1 : 1))
    .map(({ entry }) => entry);
  const header = Buffer.alloc(12);
  header.write('DIRC', 0, 'latin1');
  header.writeUInt32BE(2, 4);
  header.writeUInt32BE(sorted.length, 8);
  const body = Buffer.concat([header, ...sorted]);
  return Buffer.concat([body, sha1(body)]);
}
