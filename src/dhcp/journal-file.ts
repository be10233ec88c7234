import { constants } from 'node:fs';
import { open, rename, type FileHandle } from 'node:fs/promises';
import { writeFully } from '../files/durable-file.js';
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
 * The new content is on disk before its name is. Which file has the name after a crash is open until its folder is synced.
 * @returns the file, opened so that each write is durable when it is done.
 */
export async function takePlace(path: string, file: FileHandle): Promise<FileHandle> {
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
