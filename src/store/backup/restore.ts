import { execFile } from 'node:child_process';
import {
  closeSync,
  existsSync,
  mkdirSync,
  openSync,
  readSync,
  renameSync,
  rmSync,
  statfsSync,
  statSync,
} from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { ImagoError } from '../../errors.js';
import { syncPath } from '../../files/durable-file.js';
import { DamagedRef } from '../../git/branch-ref.js';
import { takeBundle } from '../../git/bundle.js';
import { DamagedFile, DamagedObject } from '../../git/errors.js';
import { GitFailed } from '../../git/git-command.js';
import type { ObjectId } from '../../git/object.js';
import { ObjectReader } from '../../git/object-reader.js';
import { NO_KINDS } from '../layout.js';
import { loadTip } from '../load-tip.js';
import { initRepository, repositoryPaths } from '../repository.js';
import { requireNewFolder } from '../require-new-folder.js';
import { CannotBackUp, bundleFolder } from './bundle-folder.js';

export class CannotRestore extends ImagoError {
  readonly code = 'CANNOT_RESTORE';

  constructor(directory: string, reason: string) {
    super(`${directory} is not restored: ${reason}`, { directory });
  }
}

/**
 * Makes a cluster folder of a backup: a bundle, a folder such as a `git clone` or a copy of one, or an archive of such a
 * folder, as imago made them once. What is there at the end is whole; what was there before is never touched.
 * @param reserve Bytes of the disk that stay free: a backup is unpacked, and checked as it is taken in.
 * @returns the commit that it stands at.
 * @throws FolderTaken, CannotRestore
 */
export async function restoreCluster(backup: string, directory: string, reserve = 0): Promise<ObjectId> {
  requireNewFolder(directory);
  if (!existsSync(backup)) throw new CannotRestore(directory, `${backup} is not there`);
  const opened = `${directory}.unpacked`;
  const unfinished = `${directory}.unfinished`;
  const clear = (): void => {
    for (const folder of [opened, unfinished]) rmSync(folder, { recursive: true, force: true });
  };
  clear();
  try {
    mkdirSync(opened, { recursive: true });
    const bundle = await bundleOf(backup, opened, (bytes) => assertRoom(directory, bytes, reserve));
    const paths = repositoryPaths(resolve(unfinished));
    initRepository(paths);
    const { head } = await takeBundle(bundle, paths.gitDirectory, paths.scratchFolder);
    const reader = new ObjectReader(paths.gitDirectory);
    try {
      loadTip(reader, NO_KINDS, head);
    } finally {
      reader.close();
    }
    if (existsSync(directory)) rmSync(directory, { recursive: true });
    renameSync(unfinished, directory);
    syncPath(dirname(directory));
    return head;
  } catch (error) {
    if (error instanceof GitFailed && error.isOfSystem) throw new CannotRestore(directory, error.message);
    const fault = faultIn(error);
    if (fault === undefined) throw error;
    const said = fault.replaceAll(`${resolve(opened)}/`, '');
    throw new CannotRestore(directory, `${backup} is no whole backup: ${said}; take another one`);
  } finally {
    clear();
  }
}

/** The backup as a bundle, which it may have to be made one of. */
async function bundleOf(backup: string, scratch: string, takeRoom: (bytes: number) => void): Promise<string> {
  const stats = statSync(backup);
  if (!stats.isDirectory()) {
    takeRoom(2 * stats.size);
    if (!isArchive(backup)) return resolve(backup);
    mkdirSync(join(scratch, 'archive'));
    await unpack(resolve(backup), join(scratch, 'archive'));
  }
  const file = resolve(scratch, 'cluster.bundle');
  await bundleFolder(stats.isDirectory() ? backup : join(scratch, 'archive'), file, resolve(scratch));
  return file;
}

/** POSIX ustar, as of `tar`: it says so at its 257th byte. */
function isArchive(file: string): boolean {
  const handle = openSync(file, 'r');
  try {
    const magic = Buffer.alloc(5);
    readSync(handle, magic, 0, magic.length, 257);
    return magic.toString('latin1') === 'ustar';
  } finally {
    closeSync(handle);
  }
}

const run = promisify(execFile);

/** What leads out of the folder is refused by tar itself. */
async function unpack(archive: string, folder: string): Promise<void> {
  const words = ['--force-local', '--no-same-owner', '--no-same-permissions', '--strip-components=1'];
  try {
    await run('tar', [...words, '-xf', archive, '-C', folder], {
      env: { PATH: process.env['PATH'], LC_ALL: 'C' },
    });
  } catch (error) {
    const said = error instanceof Error && 'stderr' in error ? String(error.stderr).trim() : '';
    throw new DamagedFile(archive, said.split('\n')[0] || String(error), error);
  }
}

/** What of the backup is at fault; undefined when something else is. */
function faultIn(error: unknown): string | undefined {
  if (error instanceof DamagedFile || error instanceof DamagedObject) return error.fault;
  const isFault = error instanceof GitFailed || error instanceof CannotBackUp || error instanceof DamagedRef;
  return isFault ? error.message : undefined;
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
