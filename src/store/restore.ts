import { existsSync, mkdirSync, renameSync, rmSync, statfsSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import { ImagoError } from '../errors.js';
import { copyCluster } from './backup.js';
import { DamagedFile, DamagedObject } from '../git/errors.js';
import { syncPath } from '../files/durable-file.js';
import type { ObjectId } from '../git/object.js';
import { requireNewFolder } from './require-new-folder.js';
import { extractArchive } from './tar.js';

export class CannotRestore extends ImagoError {
  readonly code = 'CANNOT_RESTORE';

  constructor(directory: string, reason: string) {
    super(`${directory} is not restored: ${reason}`, { directory });
  }
}

/**
 * Makes a cluster folder of a backup: an archive, or a folder such as a `git clone` or a copy of one. What is there at the
 * end is whole; what was there before is never touched.
 * @param reserve Bytes of the disk that stay free: an archive is unpacked, and copied as it is checked.
 * @returns the commit that it stands at.
 * @throws FolderTaken, CannotRestore, CannotBackUp, DamagedArchive
 */
export function restoreCluster(backup: string, directory: string, reserve = 0): ObjectId {
  requireNewFolder(directory);
  if (!existsSync(backup)) throw new CannotRestore(directory, `${backup} is not there`);
  const unpacked = `${directory}.unpacked`;
  const unfinished = `${directory}.unfinished`;
  const clear = (): void => {
    for (const folder of [unpacked, unfinished]) rmSync(folder, { recursive: true, force: true });
  };
  clear();
  try {
    mkdirSync(dirname(directory), { recursive: true });
    const stats = statSync(backup);
    const isFolder = stats.isDirectory();
    if (!isFolder) assertRoom(directory, 2 * stats.size, reserve);
    if (!isFolder) extractArchive(backup, unpacked);
    const head = copyCluster(isFolder ? backup : unpacked, unfinished);
    if (existsSync(directory)) rmSync(directory, { recursive: true });
    renameSync(unfinished, directory);
    syncPath(dirname(directory));
    return head;
  } catch (error) {
    if (!(error instanceof DamagedFile || error instanceof DamagedObject)) throw error;
    const fault = error.fault.replace(`${unpacked}/`, '');
    throw new CannotRestore(
      directory,
      `${backup} is no whole backup: ${fault}; take another one, or unpack this one elsewhere and look at it with git fsck`,
    );
  } finally {
    clear();
  }
}

/** @throws CannotRestore */
function assertRoom(directory: string, bytes: number, reserve: number): void {
  const { bavail, bsize } = statfsSync(dirname(directory));
  if (bavail * bsize - bytes >= reserve) return;
  throw new CannotRestore(
    directory,
    `it takes ${bytes} bytes for a moment, of ${bavail * bsize} that are free, and images.reserveGigabytes keeps ${reserve} so: make room on that disk`,
  );
}
