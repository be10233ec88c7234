import {
  closeSync,
  existsSync,
  mkdirSync,
  openSync,
  readFileSync,
  readSync,
  readdirSync,
  statSync,
} from 'node:fs';
import { basename, join } from 'node:path';
import { namesIn } from '../files/if-present.js';
import { ImagoError } from '../errors.js';
import { LOCK_MARK } from '../git/branch-ref.js';
import { removeIfPresent, syncPath, writeDurably } from '../files/durable-file.js';
import { decodeCommit } from '../git/commit.js';
import type { ObjectId } from '../git/object.js';
import { CLUSTER_FILE, HOSTS_FOLDER, HOST_FILE } from './layout.js';
import { PackFile } from '../git/pack-file.js';

/** The folder is laid out as Mayu does: every host directly in it. */
export class NeedsImport extends ImagoError {
  readonly code = 'NEEDS_IMPORT';

  constructor(directory: string) {
    super(
      `${directory} is a cluster folder of Mayu, with the hosts' folders directly in it: move it aside and take it over with 'imago --import-mayu FOLDER'`,
      { directory },
    );
  }
}

export interface RepositoryPaths {
  readonly directory: string;
  readonly gitDirectory: string;
  /** What imago keeps beside Git's own: but for what it says of refusals, all of it can be made again. */
  readonly stateFolder: string;
  readonly scratchFolder: string;
}

export function repositoryPaths(directory: string): RepositoryPaths {
  const gitDirectory = join(directory, '.git');
  const stateFolder = join(gitDirectory, 'imago');
  return { directory, gitDirectory, stateFolder, scratchFolder: join(stateFolder, 'scratch') };
}

/** @throws NeedsImport */
export function refuseMayuLayout(directory: string): void {
  if (!existsSync(join(directory, CLUSTER_FILE)) || existsSync(join(directory, HOSTS_FOLDER))) return;
  const isFlat = readdirSync(directory).some((name) => existsSync(join(directory, name, HOST_FILE)));
  if (isFlat) throw new NeedsImport(directory);
}

/** Makes an empty repository where there is none, as `git init -b main` does. */
export function initRepository({ gitDirectory, scratchFolder }: RepositoryPaths): void {
  mkdirSync(scratchFolder, { recursive: true });
  for (const folder of ['objects/info', 'objects/pack', 'refs/heads', 'refs/tags', 'info']) {
    mkdirSync(join(gitDirectory, folder), { recursive: true });
  }
  if (existsSync(join(gitDirectory, 'HEAD'))) return;
  writeDurably(join(gitDirectory, 'config'), Buffer.from(CONFIG));
  writeDurably(join(gitDirectory, 'HEAD'), Buffer.from('ref: refs/heads/main\n'));
  syncPath(gitDirectory);
}

const CONFIG = `[core]
	repositoryformatversion = 0
	filemode = true
	bare = false
	fsync = loose-object,reference
[gc]
	auto = 0
`;

/** A lock that is not imago's own is a live git command's, unless it is older than this. */
const LIVE_LOCK_MS = 10_000;
/** What a repack was writing when it was killed; a live one writes its files without such a pause. */
const TORN_REPACK_MS = 10 * 60_000;

/**
 * Removes what a daemon that was killed left behind; the lock of the folder says that none is alive.
 * @returns the locks of other programs that are in the way.
 */
export function clearLeftovers(
  paths: RepositoryPaths,
  branch: string,
  head: ObjectId | undefined,
  now: number,
): readonly string[] {
  const pack = join(paths.gitDirectory, 'objects', 'pack');
  for (const name of namesIn(paths.scratchFolder)) removeIfPresent(join(paths.scratchFolder, name));
  const names = new Set(namesIn(pack));
  const isOld = (name: string, milliseconds: number): boolean =>
    now - (statSync(join(pack, name), { throwIfNoEntry: false })?.ctimeMs ?? now) >= milliseconds;
  const own = [...names].filter((name) => name.endsWith('.keep') && startsWith(join(pack, name), KEEP_MARK));
  for (const keep of own) {
    const name = basename(keep, '.keep');
    if (!names.has(`${name}.idx`) || isAbandoned(pack, name, head)) removePack(pack, name);
    removeIfPresent(join(pack, keep));
  }
  for (const name of names) {
    if (name.startsWith('tmp_imago_')) removeIfPresent(join(pack, name));
    if (/^(?:tmp_|\.tmp-)/.test(name) && isOld(name, TORN_REPACK_MS)) removeIfPresent(join(pack, name));
    // A pack comes into place before its index, and no commit is named before both are there. A young one may be that of a
    // repack which outlived the daemon: it removes the packs that it joined next.
    if (
      /^pack-.*\.pack$/.test(name) &&
      !names.has(`${basename(name, '.pack')}.idx`) &&
      isOld(name, LIVE_LOCK_MS)
    )
      removeIfPresent(join(pack, name));
  }
  const locks = [join(paths.gitDirectory, `${branch}.lock`), join(paths.gitDirectory, 'index.lock')];
  return locks.filter((lock) => existsSync(lock) && !removeStaleLock(lock, now));
}

/** Imago marks the pack that it is writing by a second name for it; all others write a message, or nothing. */
const KEEP_MARK = 'PACK';

function startsWith(file: string, mark: string): boolean {
  const handle = openSync(file, 'r');
  try {
    const bytes = Buffer.alloc(mark.length);
    readSync(handle, bytes);
    return bytes.toString('latin1') === mark;
  } finally {
    closeSync(handle);
  }
}

/**
 * Whether a pack holds the batch that was being written when the daemon ended, and that the branch never moved to: its
 * first commit comes right after HEAD. Nobody was answered for it.
 */
function isAbandoned(folder: string, name: string, head: ObjectId | undefined): boolean {
  const pack = PackFile.open(folder, name);
  if (!pack) return false;
  try {
    return [...pack.commits()].some(({ content }) => decodeCommit(content).parents[0] === head);
  } finally {
    pack.close();
  }
}

/** The index first: without it the pack is none to Git, and the next start removes the rest. */
function removePack(folder: string, name: string): void {
  removeIfPresent(join(folder, `${name}.idx`));
  removeIfPresent(join(folder, `${name}.pack`));
}

function removeStaleLock(lock: string, now: number): boolean {
  const text = readFileSync(lock, 'latin1');
  const isOwn = text === '' || text.startsWith(LOCK_MARK);
  const age = now - statSync(lock).mtimeMs;
  if (!isOwn && age < LIVE_LOCK_MS) return false;
  removeIfPresent(lock);
  return true;
}
