import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { ImagoError } from '../../errors.js';
import { currentBranch, readRef } from '../../git/branch-ref.js';
import { makeBundle } from '../../git/bundle.js';
import type { ObjectId } from '../../git/object.js';
import { requireKnownFormat } from '../../git/repository-format.js';

export class CannotBackUp extends ImagoError {
  readonly code = 'CANNOT_BACK_UP';

  constructor(directory: string, reason: string) {
    super(`${directory} cannot be backed up: ${reason}`, { directory });
  }
}

/**
 * Puts the branch of a cluster folder into a file, as it stands, also while imago runs in it.
 * @returns the commit that it stands at.
 * @throws CannotBackUp, UnknownFormat, DamagedRef, GitFailed
 */
export async function bundleFolder(directory: string, file: string, scratch: string): Promise<ObjectId> {
  const gitDirectory = resolve(directory, '.git');
  if (!existsSync(gitDirectory)) throw new CannotBackUp(directory, 'it is not a cluster folder');
  requireKnownFormat(gitDirectory);
  const branch = currentBranch(gitDirectory);
  const head = readRef(gitDirectory, branch);
  if (head === undefined) throw new CannotBackUp(directory, 'it has no commits');
  await makeBundle(join(gitDirectory, 'objects'), { branch, head }, file, scratch);
  return head;
}
