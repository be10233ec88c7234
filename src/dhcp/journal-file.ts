import { constants } from 'node:fs';
import { open, readFile, rename, type FileHandle } from 'node:fs/promises';
import { dirname } from 'node:path';
import { isMissing } from '../errors.js';
import type { Lease } from './lease.js';
import { LeaseRecordFormat } from './lease-record.js';

const SNAPSHOT_CHUNK = 2_000;

interface Snapshot {
  readonly file: FileHandle;
  readonly length: number;
  readonly lines: number;
}

function temporary(path: string): string {
  return `${path}.new`;
}

/** In chunks, so that answering goes on meanwhile. */
export async function writeSnapshot(path: string, leases: readonly Lease[]): Promise<Snapshot> {
  const file = await open(temporary(path), 'w', 0o640);
  let length = 0;
  let lines = 0;
  const format = new LeaseRecordFormat();
  for (let start = 0; start < leases.length; start += SNAPSHOT_CHUNK) {
    const chunk = leases.slice(start, start + SNAPSHOT_CHUNK).filter((lease) => lease.state !== 'offered');
    const bytes = Buffer.from(chunk.map((lease) => format.format(lease)).join(''), 'utf8');
    await writeFully(file, bytes, length);
    length += bytes.length;
    lines += chunk.length;
  }
  return { file, length, lines };
}

/**
 * The new content is on disk before its name is. Which file has the name after a crash is open until `syncFolder`.
 * @returns the file, opened so that each write is durable when it is done.
 */
export async function replaceFile(path: string, file: FileHandle): Promise<FileHandle> {
  await file.sync();
  await file.close();
  const replacement = await open(temporary(path), constants.O_WRONLY | constants.O_DSYNC);
  try {
    await rename(temporary(path), path);
  } catch (error) {
    await replacement.close();
    throw error;
  }
  return replacement;
}

export async function syncFolder(path: string): Promise<void> {
  const folder = await open(dirname(path), 'r');
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}

export async function writeFully(file: FileHandle, bytes: Uint8Array, position: number): Promise<void> {
  let written = 0;
  while (written < bytes.length) {
    const result = await file.write(bytes, written, bytes.length - written, position + written);
    written += result.bytesWritten;
  }
}

export async function readIfPresent(path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    if (isMissing(error)) return '';
    throw error;
  }
}
