import {
  closeSync,
  constants,
  fchmodSync,
  fsync,
  fsyncSync,
  mkdirSync,
  openSync,
  renameSync,
  unlinkSync,
  writeSync,
} from 'node:fs';
import { open, rename, type FileHandle } from 'node:fs/promises';
import { dirname } from 'node:path';
import { promisify } from 'node:util';
import { isMissing } from '../errors.js';

/**
 * Makes a file or replaces the one that is there. Durable on return; whoever reads it meanwhile, or after a power cut, finds the
 * old content or the new one, never a part. The content stands in `<path>.new` until it is whole.
 * @param mode As it is to be, whatever the umask takes away from new files.
 */
export async function replaceFile(path: string, content: string | Uint8Array, mode?: number): Promise<void> {
  const file = await open(`${path}.new`, 'w', mode ?? NEW_MODE);
  try {
    if (mode !== undefined) await file.chmod(mode);
    await file.writeFile(content);
    await file.sync();
  } finally {
    await file.close();
  }
  await rename(`${path}.new`, path);
  await syncFolder(dirname(path));
}

/** Makes new names, renames and removals in a folder survive power loss. */
export async function syncFolder(path: string): Promise<void> {
  const folder = await open(path, constants.O_RDONLY | constants.O_DIRECTORY);
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}

/** All of the bytes at their place, whatever else stands in the file. */
export async function writeFully(file: FileHandle, bytes: Uint8Array, position: number): Promise<void> {
  for (let written = 0; written < bytes.length;) {
    const result = await file.write(bytes, written, bytes.length - written, position + written);
    written += result.bytesWritten;
  }
}

/** Writes a new file and flushes its bytes. Its name is durable only after `syncPath` of the folder it ends up in. */
export function writeDurably(path: string, content: Uint8Array, mode = NEW_MODE): void {
  const file = openNew(path);
  try {
    writeAll(file, content);
    if (mode !== NEW_MODE) fchmodSync(file, mode);
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
}

export interface NewFile {
  readonly path: string;
  readonly content: Uint8Array;
  readonly mode?: number;
}

/** As `writeDurably`, several at once: a file system makes them durable with about the work for one. */
export async function writeTogether(files: readonly NewFile[]): Promise<void> {
  const open: number[] = [];
  try {
    for (const { path, content, mode } of files) {
      const file = openNew(path);
      open.push(file);
      writeAll(file, content);
      if (mode !== undefined) fchmodSync(file, mode);
    }
    // All have ended before any is closed: its number could be another file's by then.
    const flushes = await Promise.allSettled(open.map((file) => flush(file)));
    for (const outcome of flushes) if (outcome.status === 'rejected') throw outcome.reason;
  } finally {
    for (const file of open) closeSync(file);
  }
}

const flush = promisify(fsync);

const NEW_MODE = 0o644;

function openNew(path: string): number {
  return openSync(path, constants.O_WRONLY | constants.O_CREAT | constants.O_TRUNC, NEW_MODE);
}

export function writeAll(file: number, content: Uint8Array): void {
  for (let written = 0; written < content.length;) written += writeSync(file, content, written);
}

/** Makes new names, renames and removals in a folder survive power loss; also flushes a file. */
export function syncPath(path: string): void {
  const handle = openSync(path, 'r');
  try {
    fsyncSync(handle);
  } finally {
    closeSync(handle);
  }
}

/** Makes the folder of the target where it is missing. */
export function renameInto(from: string, to: string): void {
  try {
    renameSync(from, to);
  } catch (error) {
    if (!isMissing(error)) throw error;
    mkdirSync(dirname(to), { recursive: true });
    renameSync(from, to);
  }
}

export function removeIfPresent(path: string): void {
  try {
    unlinkSync(path);
  } catch (error) {
    if (!isMissing(error)) throw error;
  }
}
