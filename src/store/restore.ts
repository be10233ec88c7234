import { existsSync, mkdirSync, renameSync, rmSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import { ImagoError } from '../errors.js';
import { copyCluster } from './backup.js';
import { DamagedFile, DamagedObject } from './damaged-object.js';
import { syncPath } from './durable-file.js';
import type { ObjectId } from './git-object.js';
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
 * @returns the commit that it stands at.
 * @throws FolderTaken, CannotRestore, CannotBackUp, DamagedArchive
 */
export function restoreCluster(backup: string, directory: string): ObjectId {
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
    const isFolder = statSync(backup).isDirectory();
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
