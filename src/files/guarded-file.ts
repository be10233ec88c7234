import { constants, type Stats } from 'node:fs';
import { open } from 'node:fs/promises';
import { errorCode } from '../errors.js';
import { readAtMost } from './read-plain.js';

export interface PrivateFileRules {
  /** In bytes. */
  readonly most: number;
  /** Whether the group of the file may read it too, as systemd and `chmod 640` have it. */
  readonly groupMayRead?: boolean;
}

/** What is wrong with a private file, and what would put it right. */
export interface PrivateFileFault {
  readonly reason: string;
  readonly remedy: string;
}

type AsError = (fault: PrivateFileFault) => Error;

/**
 * Of a regular file that nobody but its owner may read, or its group where that may; root's own, or this user's.
 * @param asError Makes the error of what is wrong.
 * @throws what `asError` makes
 */
export function readPrivateFile(path: string, rules: PrivateFileRules, asError: AsError): Promise<Buffer> {
  return readWithin(path, rules.most, asError, (stats) => privateFileFault(path, stats, rules));
}

/** Of any regular file of so many bytes at most. @throws what `asError` makes */
export function readBoundedFile(path: string, most: number, asError: AsError): Promise<Buffer> {
  return readWithin(path, most, asError, (stats) => (stats.isFile() ? undefined : noFile));
}

const noFile: PrivateFileFault = { reason: 'it is not a file', remedy: 'name a file' };

async function readWithin(
  path: string,
  most: number,
  asError: AsError,
  faultOf: (stats: Stats) => PrivateFileFault | undefined,
): Promise<Buffer> {
  // Without O_NONBLOCK opening a named pipe would wait for its writer.
  const handle = await open(path, constants.O_RDONLY | constants.O_NONBLOCK).catch((error: unknown) => {
    throw asError(unreadable(error));
  });
  try {
    const stats = await handle.stat();
    const fault = faultOf(stats);
    if (fault) throw asError(fault);
    const content = await readAtMost(handle, stats.size, most + 1);
    if (content.length > most) throw asError(tooLong(most));
    return content;
  } finally {
    await handle.close();
  }
}

export function unreadable(error: unknown): PrivateFileFault {
  return {
    reason: `it cannot be read (${errorCode(error) ?? String(error)})`,
    remedy: 'check its path and owner',
  };
}

/** By what the system says of the file. */
export function privateFileFault(
  path: string,
  stats: Pick<Stats, 'mode' | 'uid' | 'size' | 'isFile'>,
  { most, groupMayRead = false }: PrivateFileRules,
): PrivateFileFault | undefined {
  const { mode, uid, size } = stats;
  if (!stats.isFile()) return noFile;
  if ((mode & (groupMayRead ? 0o037 : 0o077)) !== 0)
    return { reason: 'others may read it', remedy: `run: chmod ${groupMayRead ? '640' : '600'} ${path}` };
  const ours = process.getuid?.();
  if (uid !== 0 && uid !== ours)
    return { reason: 'it belongs to another user', remedy: `run: chown ${ours ?? 'root'} ${path}` };
  return size > most ? tooLong(most) : undefined;
}

function tooLong(most: number): PrivateFileFault {
  return { reason: `it is longer than ${most} bytes`, remedy: 'leave the secret alone there' };
}
