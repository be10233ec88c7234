import { closeSync, constants, openSync, readFileSync, writeFileSync } from 'node:fs';
import koffi from 'koffi';
import { ImagoError } from '../errors.js';

/** Another daemon has the folder open. */
export class FolderInUse extends ImagoError {
  readonly code = 'FOLDER_IN_USE';

  constructor(directory: string, owner: string) {
    super(
      `${directory} is in use by another imago (${owner}): stop it first, or give this one a folder of its own (paths.clusters)`,
      { directory, owner },
    );
  }
}

const LOCK_EX = 2;
const LOCK_NB = 4;

/**
 * One daemon per folder, by flock(2): the kernel lets go of it when its holder dies, however it dies, so a lock is never
 * stale. The file says who holds it.
 * @returns a function that lets go.
 * @throws FolderInUse
 */
export function lockFolder(directory: string, file: string): () => void {
  // Open for reading alone: an open file that is being written would keep the disk from becoming read-only.
  const handle = openSync(file, constants.O_RDONLY | constants.O_CREAT, 0o644);
  const flock = koffi.load(null).func('int flock(int fd, int operation)') as (
    fd: number,
    operation: number,
  ) => number;
  if (flock(handle, LOCK_EX | LOCK_NB) !== 0) {
    const owner = readFileSync(file, 'utf8').trim();
    closeSync(handle);
    throw new FolderInUse(directory, owner === '' ? 'just starting' : owner);
  }
  const started = new Date(Date.now() - process.uptime() * 1000).toISOString();
  writeFileSync(file, `process ${process.pid}, started ${started}\n`);
  return () => {
    closeSync(handle);
  };
}
