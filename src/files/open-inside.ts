import { open, realpath, type FileHandle } from 'node:fs/promises';
import { constants, type Stats } from 'node:fs';
import { join, sep } from 'node:path';
import { errorCode } from '../errors.js';

export interface OpenFile {
  readonly handle: FileHandle;
  readonly stats: Stats;
  /** For keys of caches; never shown to a client. */
  readonly path: string;
}

/** The path that the segments name below `root`, if none of them tries to climb. Links on it may lead anywhere. */
export function pathInside(root: string, segments: readonly string[]): string | undefined {
  const isPlain = segments.length > 0 && segments.every(isPlainSegment);
  return isPlain ? join(root, ...segments) : undefined;
}

/**
 * Opens a regular file below `root`. Undefined when there is none, when a segment tries to climb, when a symbolic link leads
 * out of the root, or when it is a folder or a device. The caller closes it.
 */
export async function openInside(root: string, segments: readonly string[]): Promise<OpenFile | undefined> {
  if (pathInside(root, segments) === undefined) return undefined;
  const found = await unlessAbsent(async () => {
    const base = await realpath(root);
    const path = await realpath(join(base, ...segments));
    if (!path.startsWith(base.endsWith(sep) ? base : base + sep)) return undefined;
    // Without O_NONBLOCK opening a named pipe would wait for its writer.
    const handle = await open(path, constants.O_RDONLY | constants.O_NONBLOCK | constants.O_NOFOLLOW);
    return { handle, path };
  });
  if (!found) return undefined;
  const stats = await found.handle.stat();
  if (stats.isFile()) return { ...found, stats };
  await found.handle.close();
  return undefined;
}

function isPlainSegment(segment: string): boolean {
  return (
    segment !== '' && segment !== '.' && segment !== '..' && !/[/\\\0]/.test(segment) && segment.length <= 255
  );
}

const ABSENT = new Set(['ENOENT', 'ENOTDIR', 'EACCES', 'EPERM', 'ELOOP', 'ENAMETOOLONG', 'ENXIO']);

async function unlessAbsent<T>(attempt: () => Promise<T>): Promise<T | undefined> {
  try {
    return await attempt();
  } catch (error) {
    if (ABSENT.has(errorCode(error) ?? '')) return undefined;
    throw error;
  }
}
