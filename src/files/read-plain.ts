import { closeSync, constants, fstatSync, openSync, readSync } from 'node:fs';
import type { FileHandle } from 'node:fs/promises';
import { errorCode } from '../errors.js';

/** Bytes read at once of a file that does not tell how many it has. */
const AT_ONCE = 64 * 1024;

/**
 * The beginning of a regular file, without waiting and without following a link; undefined where a link or no file is.
 * @param most bytes that are read of it, whatever the system says of its size: files below `/proc` have none.
 * @throws what the system says
 */
export function readPlainNow(path: string, most: number): Buffer | undefined {
  const file = openPlain(path);
  if (file === undefined) return undefined;
  try {
    const stats = fstatSync(file);
    if (!stats.isFile()) return undefined;
    const parts: Buffer[] = [];
    for (let length = 0; length < most;) {
      const bytes = Buffer.allocUnsafe(nextPart(stats.size, length, most));
      const count = readSync(file, bytes, 0, bytes.length, null);
      parts.push(bytes.subarray(0, count));
      length += count;
      if (count === 0 || length === stats.size) break;
    }
    return parts.length === 1 ? parts[0] : Buffer.concat(parts);
  } finally {
    closeSync(file);
  }
}

/** As `readPlainNow`, of a file that is open. */
export async function readAtMost(file: FileHandle, size: number, most: number): Promise<Buffer> {
  const parts: Buffer[] = [];
  for (let length = 0; length < most;) {
    const bytes = Buffer.allocUnsafe(nextPart(size, length, most));
    const { bytesRead } = await file.read(bytes, 0, bytes.length, null);
    parts.push(bytes.subarray(0, bytesRead));
    length += bytesRead;
    if (bytesRead === 0) break;
  }
  return Buffer.concat(parts);
}

/** One byte more than it is said to have tells whether it ends there. */
function nextPart(size: number, length: number, most: number): number {
  return Math.min(most - length, size > length ? size - length + 1 : AT_ONCE);
}

function openPlain(path: string): number | undefined {
  try {
    // Without O_NONBLOCK opening a named pipe would wait for its writer.
    return openSync(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  } catch (error) {
    if (errorCode(error) === 'ELOOP' || errorCode(error) === 'ENXIO') return undefined;
    throw error;
  }
}
