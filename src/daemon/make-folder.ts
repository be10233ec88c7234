import { chmodSync, mkdirSync, statSync } from 'node:fs';
import { errorCode, fileReason, ImagoError } from '../errors.js';

class FolderUnusable extends ImagoError {
  readonly code = 'FOLDER_UNUSABLE';

  constructor(folder: string, setting: string, cause: unknown) {
    const inTheWay = 'what stands in its place, or above it, is no folder';
    const reason = fileReason(cause, { ENOTDIR: inTheWay, EEXIST: inTheWay });
    super(
      `${folder} cannot be made: ${reason}; put that right, or correct ${setting}`,
      { folder, setting, reason },
      { cause },
    );
  }
}

const OF_OTHERS = 0o007;

/**
 * A folder that holds secrets: tokens, leases, what webhooks are told. Neither new nor old is it open to all users.
 * @param setting Of the configuration, that names it.
 * @throws FolderUnusable
 */
export function makeFolder(folder: string, setting: string): void {
  try {
    mkdirSync(folder, { recursive: true });
    const { mode } = statSync(folder);
    if ((mode & OF_OTHERS) !== 0) closeToOthers(folder, mode & 0o7777 & ~OF_OTHERS);
  } catch (error) {
    throw new FolderUnusable(folder, setting, error);
  }
}

/** A folder of another user's is his to close. */
function closeToOthers(folder: string, mode: number): void {
  try {
    chmodSync(folder, mode);
  } catch (error) {
    if (errorCode(error) !== 'EPERM') throw error;
  }
}
