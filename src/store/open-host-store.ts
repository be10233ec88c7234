import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { DamagedRef, currentBranch, keepCommit, readRef } from '../git/branch-ref.js';
import type { ObjectId } from '../git/object.js';
import { ObjectReader } from '../git/object-reader.js';
import type { HostArchive } from '../host/host-archive.js';
import type { HostStore } from '../host/host-store.js';
import type { RecordKind, RecordStore } from '../host/record-kind.js';
import type { ClusterSettings } from './cluster-file.js';
import { CommitLog } from './commit-log.js';
import { createCluster } from './create-cluster.js';
import { DiskClient } from './disk-client.js';
import type { FleetTip } from './fleet-tip.js';
import { GitHostStore } from './git-host-store.js';
import { foldersOf, kindsByName, type Kinds } from './layout.js';
import { loadTip } from './load-tip.js';
import { LogFile } from './log-file.js';
import { Maintenance } from './maintenance.js';
import { lockFolder } from './owner-lock.js';
import { RemoteSync } from './remote/remote-sync.js';
import {
  clearLeftovers,
  initRepository,
  refuseMayuLayout,
  repositoryPaths,
  type RepositoryPaths,
} from './repository.js';
import { openHead } from './rescue.js';
import type { StoreLogger } from './store-logger.js';
import { settleInvalid, takeUpCommits, type Refusals, type TakenUp } from './take-up.js';
import { adoptWorkTree, followCommit, type Adoption } from './worktree/adopt-work-tree.js';
import { LeftEdits } from './worktree/left-edits.js';
import { OperatorEdits } from './worktree/operator-edits.js';
import { linkedFolders, scanWorkTree } from './worktree/work-tree.js';

/** Files named in one line of the log. */
const MOST_NAMED = 20;

export interface HostStoreOptions {
  /** The cluster's folder: its work tree, with `.git` in it. Made when it is missing. */
  readonly directory: string;
  readonly clock: () => Date;
  readonly logger: StoreLogger;
  /** For a cluster that is new. */
  readonly defaults?: ClusterSettings;
  /** What it keeps beside hosts; nothing where this is not given. */
  readonly kinds?: readonly RecordKind[];
}

/** The fleet, its past, and the exchange with repositories elsewhere. */
export type OpenStore = HostStore &
  HostArchive &
  RecordStore &
  Pick<GitHostStore, 'changeCluster'> & { readonly remote: RemoteSync };

/**
 * Opens the fleet of a cluster folder, ready for changes: leftovers of a daemon that was killed are cleared, files of the
 * work tree that did not reach HEAD are restored, and edits made by hand are taken up.
 * @throws FolderInUse, NeedsImport, DamagedRef, DamagedObject
 */
export async function openHostStore(options: HostStoreOptions): Promise<OpenStore> {
  const folder = ownFolder(options);
  let store: ServingStore | undefined;
  try {
    const settled = await settle(folder);
    store = serve(folder, settled);
    await begin(folder, settled, store);
    return store;
  } catch (error) {
    await (store ? store.close() : leave(folder));
    throw error;
  }
}

/** A folder that is refused is left as it is. */
async function leave({ disk, reader, release }: OwnFolder): Promise<void> {
  await disk.abandon();
  reader.close();
  release();
}

/** The folder is this daemon's alone, and a repository. */
interface OwnFolder extends Omit<HostStoreOptions, 'kinds'> {
  readonly kinds: Kinds;
  readonly paths: RepositoryPaths;
  /** As in `refs/heads/main`. */
  readonly branch: string;
  readonly reader: ObjectReader;
  readonly disk: DiskClient;
  readonly release: () => void;
}

function ownFolder(options: HostStoreOptions): OwnFolder {
  const { directory, logger } = options;
  const kinds = kindsByName(options.kinds ?? []);
  mkdirSync(directory, { recursive: true });
  const paths = repositoryPaths(directory);
  refuseMayuLayout(directory);
  mkdirSync(paths.stateFolder, { recursive: true });
  const release = lockFolder(directory, join(paths.stateFolder, 'owner'));
  try {
    initRepository(paths);
    const branch = currentBranch(paths.gitDirectory);
    const reader = new ObjectReader(paths.gitDirectory);
    const disk = new DiskClient({ ...paths, branch, kinds: foldersOf(kinds) }, logger);
    return { ...options, kinds, paths, branch, reader, disk, release };
  } catch (error) {
    release();
    throw error;
  }
}

/** The fleet as HEAD has it, and what becomes of files that differ from it. */
interface Settled {
  readonly head: ObjectId;
  readonly tip: FleetTip;
  readonly adoption: Adoption;
  /** What puts right files of HEAD that are no records. */
  readonly refusals: Refusals;
  /** What was done about damage, for operators. */
  readonly rescued: string | undefined;
}

async function settle({
  paths,
  kinds,
  branch,
  reader,
  disk,
  logger,
  clock,
  defaults,
}: OwnFolder): Promise<Settled> {
  const found = scanWorkTree(paths.directory, kinds);
  const opened = openHead(reader, kinds, paths, branch, found);
  const rescued = opened?.rescued;
  if (rescued !== undefined) logger.error({ branch }, rescued);
  for (const lock of clearLeftovers(paths, branch, opened?.head, Date.now())) {
    logger.warn({ lock }, 'a git command holds a lock in the cluster folder');
  }
  const head = opened?.head ?? (await createCluster(disk, defaults ?? {}, clock()));
  const asCommitted = opened?.loaded ?? loadTip(reader, kinds, head, { found });
  const { loaded, refusals } = settleInvalid(reader, kinds, head, found, asCommitted);
  const adoption = adoptWorkTree(reader, kinds, paths, head, found, loaded);
  return { head, tip: loaded.tip, adoption, refusals, rescued };
}

/** The store, with what takes up edits and exchanges commits beside it. From then on each is told of what concerns it. */
function serve(folder: OwnFolder, { head, tip, adoption, rescued }: Settled): ServingStore {
  const { paths, kinds, branch, reader, disk, logger, clock, release } = folder;
  const leftEdits = new LeftEdits(paths.directory, adoption.left);
  const maintenance = new Maintenance(paths.gitDirectory, logger);
  const store = new GitHostStore({
    tip,
    reader,
    kinds,
    disk,
    log: new CommitLog(new LogFile(join(paths.stateFolder, 'log')), reader, kinds, head),
    maintenance,
    clock,
    logger,
    takeUp: (commit, previous) => takeUp(folder, leftEdits, commit, previous),
    readHead: () => readRef(paths.gitDirectory, branch),
    troubles: () => [
      ...(rescued === undefined ? [] : [rescued]),
      ...leftEdits.troubles(),
      ...edits.troubles,
      ...linkedFolders(paths.directory, kinds),
      ...remote.troubles,
      ...(maintenance.trouble === undefined ? [] : [maintenance.trouble]),
    ],
    release: async () => {
      await remote.close();
      reader.close();
      release();
    },
  });
  const edits = new OperatorEdits(store, kinds, disk, reader, paths, logger);
  const remote = new RemoteSync({
    paths,
    reader,
    kinds,
    logger,
    head: () => store.head,
    merge: (request) => store.merge(request),
  });
  return Object.assign(store, { remote, edits, leftEdits });
}

type ServingStore = GitHostStore & {
  readonly remote: RemoteSync;
  readonly edits: OperatorEdits;
  readonly leftEdits: LeftEdits;
};

/** What commits made elsewhere say; the work tree follows them. */
function takeUp(
  { paths, kinds, branch, reader, disk, logger }: OwnFolder,
  leftEdits: LeftEdits,
  commit: ObjectId | undefined,
  previous: FleetTip,
): TakenUp {
  if (commit === undefined) throw new DamagedRef(join(paths.gitDirectory, branch), 'is gone');
  const taken = takeUpCommits(reader, kinds, commit, previous);
  disk.tell(followCommit(reader, kinds, commit, taken));
  leftEdits.follow(taken.loaded.others);
  if (!taken.isDescendant && previous.commit !== undefined) {
    const kept = keepCommit(paths.gitDirectory, previous.commit);
    logger.warn(
      { commit, kept },
      'history was rewritten outside imago: what it had is kept under another name',
    );
  }
  return taken;
}

/** The work tree is taken over, and what the start found wrong or edited in it is recorded. */
async function begin(
  { disk, directory, logger }: OwnFolder,
  { head, adoption, refusals }: Settled,
  store: ServingStore,
): Promise<void> {
  const { entries, isSettled, restore, unfollowed } = adoption;
  disk.tell({ kind: 'adopt', entries, head, isSettled, restore });
  if (unfollowed.length > 0) {
    logger.warn(
      { files: unfollowed.slice(0, MOST_NAMED), count: unfollowed.length },
      'the commits cannot be followed back to where the work tree was last known to be: files that Git has already are written again',
    );
  }
  const refused = [...refusals.changes, ...refusals.records];
  for (const { what } of refused) logger.error({ error: what }, 'edit refused');
  if (refused.length + refusals.moves.length > 0) await store.putRight(refusals);
  await store.edits.begin(adoption.edits);
  disk.onEdits((files) => void store.edits.takeUp(files));
  for (const trouble of store.leftEdits.troubles()) logger.error({ trouble }, 'an edit is not taken up');
  logger.info({ hosts: store.size, directory }, 'cluster opened');
}
