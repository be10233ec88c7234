import { existsSync, readdirSync } from 'node:fs';
import { ImagoError } from '../errors.js';

/** What would be made there would mix with, or replace, what is there. */
export class FolderTaken extends ImagoError {
  readonly code = 'FOLDER_TAKEN';

  constructor(directory: string) {
    super(
      `${directory} is not empty: stop imago and put the folder aside first (mv ${directory} ${directory}.old), or name another cluster in the configuration`,
      { directory },
    );
  }
}

/** A cluster's folder that is to be made has to be empty, or not there. @throws FolderTaken */
export function requireNewFolder(directory: string): void {
  if (existsSync(directory) && readdirSync(directory).length > 0) throw new FolderTaken(directory);
}
