import { mkdirSync } from 'node:fs';
import { fileReason, ImagoError } from '../errors.js';

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

/** @param setting Of the configuration, that names it. @throws FolderUnusable */
export function makeFolder(folder: string, setting: string): void {
  try {
    mkdirSync(folder, { recursive: true });
  } catch (error) {
    throw new FolderUnusable(folder, setting, error);
  }
}
