import { constants, realpathSync, statSync, type BigIntStats } from 'node:fs';
import { open, type FileHandle } from 'node:fs/promises';
import { join, sep } from 'node:path';
import { errorCode } from '../errors.js';
import { diskFile, FileMemory, type FileMemoryLimits } from './file-memory.js';
import { FileRefused } from './errors.js';
import type { TftpFile, TftpSource } from './source.js';

/** Nothing is ever created, a device or FIFO is never waited for, and a link put there at the last moment not followed. */
const OPEN_FLAGS = constants.O_RDONLY | constants.O_NONBLOCK | constants.O_NOFOLLOW;

const ABSENT = new Set(['ENOENT', 'ENOTDIR', 'ENAMETOOLONG', 'EINVAL']);
const FORBIDDEN = new Set(['EACCES', 'EPERM', 'ELOOP', 'ENXIO']);

/** The regular files below one folder. Links are followed only as far as they stay inside it. */
export function rootSource(root: string, limits: Partial<FileMemoryLimits> = {}): TftpSource {
  const memory = new FileMemory(limits);
  return {
    async open(filename) {
      const segments = parseFileName(filename);
      if (segments.length === 0) throw new FileRefused(filename, 'it is the folder itself');
      try {
        const path = pathInside(root, segments);
        if (path === undefined) throw new FileRefused(filename, 'it is a link to the outside');
        const kept = memory.kept(path, statSync(path, { bigint: true }));
        return await (kept ?? openRegular(path, filename, memory));
      } catch (error) {
        return absentOrThrow(error, filename);
      }
    },
  };
}

/**
 * Synchronous, as is the look whether a kept file is as it was: a few microseconds in the system's cache, while Node's
 * thread pool may be waiting for a disk to flush.
 */
function pathInside(root: string, segments: readonly string[]): string | undefined {
  const top = realpathSync.native(root);
  const path = realpathSync.native(join(root, ...segments));
  return path.startsWith(top.endsWith(sep) ? top : top + sep) ? path : undefined;
}

async function openRegular(path: string, filename: string, memory: FileMemory): Promise<TftpFile> {
  const handle = await open(path, OPEN_FLAGS);
  try {
    const stats = await handle.stat({ bigint: true });
    if (!stats.isFile()) throw new FileRefused(filename, 'it is not a regular file');
    return await openedFile(path, handle, stats, memory);
  } catch (error) {
    await handle.close();
    throw error;
  }
}

/** Takes over the handle unless it throws. */
async function openedFile(
  path: string,
  handle: FileHandle,
  stats: BigIntStats,
  memory: FileMemory,
): Promise<TftpFile> {
  if (!memory.takes(Number(stats.size))) return diskFile(handle, Number(stats.size));
  const file = await memory.file(path, stats, handle);
  await handle.close();
  return file;
}

function absentOrThrow(error: unknown, filename: string): undefined {
  const code = errorCode(error) ?? '';
  if (ABSENT.has(code)) return undefined;
  if (FORBIDDEN.has(code)) throw new FileRefused(filename, `the system says ${code}`);
  throw error;
}

/** Bytes; what Linux takes as one name, and a sane bound for the whole. */
const MAX_SEGMENT_BYTES = 255;
const MAX_NAME_BYTES = 1024;

/**
 * The steps from the root to a file. A leading slash means the root, as everywhere in the field.
 * @throws FileRefused for a name that climbs, hides something from a log, or is no name at all.
 */
export function parseFileName(filename: string): readonly string[] {
  if (Buffer.byteLength(filename) > MAX_NAME_BYTES) throw new FileRefused(filename, 'its name is too long');
  if (filename.includes('\\')) throw new FileRefused(filename, 'backslashes do not separate folders here');
  if (/[\p{Cc}\u{fffd}]/u.test(filename))
    throw new FileRefused(filename, 'its name has unprintable characters');
  const segments = filename.split('/').filter((segment) => segment !== '' && segment !== '.');
  if (segments.includes('..')) throw new FileRefused(filename, 'its name climbs out of the folder');
  if (segments.some((segment) => Buffer.byteLength(segment) > MAX_SEGMENT_BYTES)) {
    throw new FileRefused(filename, 'its name is too long');
  }
  return segments;
}
