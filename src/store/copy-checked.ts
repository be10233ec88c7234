import { createHash } from 'node:crypto';
import { closeSync, constants, fstatSync, fsyncSync, openSync, readFileSync, readSync } from 'node:fs';
import { basename, dirname } from 'node:path';
import { inflateSync } from 'node:zlib';
import { errorCode } from '../errors.js';
import { DamagedFile } from '../git/errors.js';
import { removeIfPresent, writeAll } from '../files/durable-file.js';
import { sha1 } from '../git/object.js';

const CHUNK = 1 << 20;
const CHECKSUM = 20;

/** Git makes them again of the objects, and reads without them: where one is damaged it is left out. */
const DERIVED = /^multi-pack-index|^commit-graph$|\.(?:rev|bitmap|mtimes|graph)$/;
/** What git cannot do without. */
const NEEDED = /\.(?:pack|idx)$/;
const LOOSE = /^[0-9a-f]{38}$/;

/**
 * Copies a file of a repository's `objects`, durably, and compares it with the checksum that it carries or is named by.
 * @throws DamagedFile
 */
export function copyChecked(source: string, target: string): void {
  const name = basename(source);
  const { isWhole } = copyHashed(source, target);
  if (LOOSE.test(name)) checkLoose(target, `${basename(dirname(source))}${name}`, source);
  else if (isWhole) return;
  else if (DERIVED.test(name)) removeIfPresent(target);
  else if (NEEDED.test(name)) throw new DamagedFile(source, 'its checksum is not that of its content');
}

/**
 * An index is of no use for another pack than the one that it was made for.
 * @param source how the file is called where it came from.
 * @throws DamagedFile
 */
export function checkPair(pack: string, index: string, source: string): void {
  const wanted = bytesFromEnd(pack, CHECKSUM, 0);
  const named = bytesFromEnd(index, CHECKSUM, CHECKSUM);
  if (!wanted.equals(named)) throw new DamagedFile(source, 'it is the index of another pack');
}

/** Git ends packs, indexes and what it derives of them with the SHA-1 of all before. */
function copyHashed(source: string, target: string): { readonly isWhole: boolean } {
  const from = openSync(source, 'r');
  try {
    const { size, mode } = fstatSync(from);
    const to = openSync(target, constants.O_WRONLY | constants.O_CREAT | constants.O_TRUNC, mode & 0o777);
    try {
      const hash = createHash('sha1');
      const buffer = Buffer.allocUnsafe(CHUNK);
      let end = Buffer.alloc(0);
      for (;;) {
        const chunk = buffer.subarray(0, readOrBlame(from, buffer, source));
        if (chunk.length === 0) break;
        writeAll(to, chunk);
        const seen = Buffer.concat([end, chunk]);
        const body = Math.max(0, seen.length - CHECKSUM);
        hash.update(seen.subarray(0, body));
        end = seen.subarray(body);
      }
      fsyncSync(to);
      return { isWhole: size > CHECKSUM && hash.digest().equals(end) };
    } finally {
      closeSync(to);
    }
  } finally {
    closeSync(from);
  }
}

/** A disk that gives a block up says so without a name. */
function readOrBlame(file: number, buffer: Buffer, source: string): number {
  try {
    return readSync(file, buffer);
  } catch (error) {
    if (errorCode(error) === 'EIO') throw new DamagedFile(source, 'the disk cannot read it', error);
    throw error;
  }
}

/** Gitformat-loose: the object with its header, as a zlib stream, named by its SHA-1. */
function checkLoose(file: string, id: string, source: string): void {
  let content: Buffer;
  try {
    content = inflateSync(readFileSync(file));
  } catch (error) {
    throw new DamagedFile(source, 'it is no zlib stream', error);
  }
  if (sha1(content).toString('hex') !== id)
    throw new DamagedFile(source, 'its content is not that of its name');
}

function bytesFromEnd(path: string, length: number, before: number): Buffer {
  const file = openSync(path, 'r');
  try {
    const bytes = Buffer.alloc(length);
    readSync(file, bytes, 0, length, Math.max(0, fstatSync(file).size - before - length));
    return bytes;
  } finally {
    closeSync(file);
  }
}
