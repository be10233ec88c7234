import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { ImagoError } from '../errors.js';
import type { HostArchive } from '../host/host-archive.js';
import type { HostChange, HostStore } from '../host/host-store.js';
import { adoptWorkTree, hostToRestore } from './worktree/adopt-work-tree.js';
import { DamagedRef, currentBranch, keepCommit, readRef, setRef } from '../git/branch-ref.js';
import { IMAGO, signatureOf } from './change-batch.js';
import { formatClusterFile, type ClusterSettings } from './cluster-file.js';
import { CommitLog } from './commit-log.js';
import { DamagedObject } from '../git/errors.js';
import { DiskClient } from './disk-client.js';
import type { CheckoutFile, DiskNotice, EditedFile } from './disk-messages.js';
import { decodeCommit, encodeCommit } from '../git/commit.js';
import { GitHostStore } from './git-host-store.js';
import type { StoreLogger } from './store-logger.js';
import { encodeIndexEntry } from '../git/index-file.js';
import type { ObjectId } from '../git/object.js';
import { FILE_MODE, encodeTree, treeEntry } from '../git/tree.js';
import { CLUSTER_FILE, hostPath, LARGEST_FILE } from './layout.js';
import { LeftEdits } from './worktree/left-edits.js';
import { LogFile } from './log-file.js';
import { loadTip, type LoadedTip } from './load-tip.js';
import { Maintenance } from './maintenance.js';
import { ObjectReader } from '../git/object-reader.js';
import { OperatorEdits } from './worktree/operator-edits.js';
import { rescueHead } from './rescue.js';
import { RemoteSync } from './remote/remote-sync.js';
import { lockFolder } from './owner-lock.js';
import { PackBuilder } from '../git/pack-builder.js';
import {
  clearLeftovers,
  initRepository,
  refuseMayuLayout,
  repositoryPaths,
  type RepositoryPaths,
} from './repository.js';
import {
  hostIn,
  lastOwnCommit,
  lastValidHost,
  refuseInvalid,
  takeUpCommits,
  type TakenUp,
} from './take-up.js';
import { fileAt } from './worktree/torn-checkout.js';
import { findFile, scanHosts, type FoundHosts } from './worktree/work-tree.js';

/** Files named in one line of the log. */
const MOST_NAMED = 20;

export interface HostStoreOptions {
  /** The cluster's folder: its work tree, with `.git` in it. Made when it is missing. */
  readonly directory: string;
  readonly clock: () => Date;
  readonly logger: StoreLogger;
  /** For a cluster that is new. */
  readonly defaults?: ClusterSettings;
}

/** The fleet, its past, and the exchange with repositories elsewhere. */
export type OpenStore = HostStore &
  HostArchive &
  Pick<GitHostStore, 'changeCluster'> & { readonly remote: RemoteSync };

/**
 * Opens the fleet of a cluster folder, ready for changes: leftovers of a daemon that was killed are cleared, files of the
 * work tree that did not reach HEAD are restored, and edits made by hand are taken up.
 * @throws FolderInUse, NeedsImport, DamagedRef, DamagedObject
 */
export async function openHostStore(options: HostStoreOptions): Promise<OpenStore> {
  mkdirSync(options.directory, { recursive: true });
  const paths = repositoryPaths(options.directory);
  refuseMayuLayout(options.directory);
  mkdirSync(paths.stateFolder, { recursive: true });
  const release = lockFolder(options.directory, join(paths.stateFolder, 'owner'));
  try {
    initRepository(paths);
    return await openLocked(options, paths, release);
  } catch (error) {
    release();
    throw error;
  }
}

async function openLocked(
  options: HostStoreOptions,
  paths: RepositoryPaths,
  release: () => void,
): Promise<OpenStore> {
  const { logger, clock, directory } = options;
  const { gitDirectory } = paths;
  const branch = currentBranch(gitDirectory);
  const reader = new ObjectReader(gitDirectory);
  const found = scanHosts(directory);
  const opened = openHead(reader, paths, branch, found);
  const rescued = opened?.rescued;
  if (rescued !== undefined) logger.error({ branch }, rescued);
  for (const lock of clearLeftovers(paths, branch, opened?.head, Date.now())) {
    logger.warn({ lock }, 'a git command holds a lock in the cluster folder');
  }
  const edited: EditedFile[] = [];
  let edits: OperatorEdits | undefined;
  let remote: RemoteSync | undefined;
  const disk = new DiskClient(
    { ...paths, branch },
    (message) => {
      if (message === undefined) logger.info({}, 'the work tree follows the commits again');
      else logger.error({ error: message }, 'the work tree cannot follow the commits');
    },
    (files) => {
      if (edits) void edits.takeUp(files);
      else edited.push(...files);
    },
  );
  const head = opened?.head ?? (await createCluster(disk, options));
  const { loaded, refusals } = settleInvalid(
    reader,
    head,
    found,
    opened?.loaded ?? loadTip(reader, head, { found }),
  );
  const adoption = adoptWorkTree(reader, paths, head, found, loaded);
  const { entries, isSettled, restore } = adoption;
  disk.tell({ kind: 'adopt', entries, head, isSettled, restore });
  if (adoption.unfollowed.length > 0) {
    logger.warn(
      { files: adoption.unfollowed.slice(0, MOST_NAMED), count: adoption.unfollowed.length },
      'the commits cannot be followed back to where the work tree was last known to be: files that Git has already are written again',
    );
  }
  const leftEdits = new LeftEdits(directory, adoption.left);
  const maintenance = new Maintenance(gitDirectory, logger);
  const store = new GitHostStore({
    tip: loaded.tip,
    disk,
    log: new CommitLog(new LogFile(join(paths.stateFolder, 'log')), reader, head),
    maintenance,
    clusterText: (root) => {
      const entry = treeEntry(root, CLUSTER_FILE);
      return entry && reader.readAs('blob', entry.id.toString('hex'), LARGEST_FILE).toString('utf8');
    },
    hostIn: (commit, serial) => {
      const file = fileAt(reader, decodeCommit(reader.readAs('commit', commit)), serial);
      return file === undefined ? undefined : hostIn(reader, serial, Buffer.from(file, 'hex'));
    },
    clock,
    logger,
    takeUp: (commit, previous) => {
      if (commit === undefined) throw new DamagedRef(join(gitDirectory, branch), 'is gone');
      const taken = takeUpCommits(reader, commit, previous);
      disk.tell(followCommit(reader, commit, taken));
      leftEdits.follow(taken.loaded.others);
      if (!taken.isDescendant && previous.commit !== undefined) {
        const kept = keepCommit(gitDirectory, previous.commit);
        logger.warn(
          { commit, kept },
          'history was rewritten outside imago: what it had is kept under another name',
        );
      }
      return taken;
    },
    readHead: () => readRef(gitDirectory, branch),
    troubles: () => [
      ...(rescued === undefined ? [] : [rescued]),
      ...leftEdits.troubles(),
      ...(edits?.troubles ?? []),
      ...(remote?.troubles ?? []),
      ...(maintenance.trouble === undefined ? [] : [maintenance.trouble]),
    ],
    release: async () => {
      await remote?.close();
      reader.close();
      release();
    },
  });
  edits = new OperatorEdits(store, disk, reader, paths, logger);
  if (refusals.length > 0) {
    for (const { what } of refusals) logger.error({ error: what }, 'edit refused');
    await store.change(IMAGO, () => refusals);
  }
  await edits.begin([...adoption.edits, ...edited]);
  for (const trouble of leftEdits.troubles()) logger.error({ trouble }, 'an edit is not taken up');
  logger.info({ hosts: store.size, directory }, 'cluster opened');
  remote = new RemoteSync({
    paths,
    reader,
    logger,
    head: () => store.head,
    merge: (request) => store.merge(request),
  });
  return Object.assign(store, { remote });
}

interface OpenedHead {
  readonly head: ObjectId;
  readonly loaded: LoadedTip;
  /** What was done about damage, for operators. */
  readonly rescued?: string;
}

/**
 * Where the branch, or the commit it stands at, cannot be read, the branch goes back to the newest commit that is whole;
 * what the files of the work tree have beyond it is taken up after that.
 * @returns undefined for a branch without commits.
 * @throws DamagedRef or DamagedObject when there is nothing to go back to.
 */
function openHead(
  reader: ObjectReader,
  paths: RepositoryPaths,
  branch: string,
  found: FoundHosts,
): OpenedHead | undefined {
  const known = { found, foundCluster: findFile(paths.directory, CLUSTER_FILE, LARGEST_FILE + 1) };
  try {
    const head = readRef(paths.gitDirectory, branch);
    return head === undefined ? undefined : { head, loaded: loadTip(reader, head, known) };
  } catch (error) {
    if (!(error instanceof DamagedRef || error instanceof DamagedObject)) throw error;
    const head = rescueHead(reader, paths);
    if (head === undefined) throw error;
    setRef(paths.gitDirectory, branch, head, join(paths.scratchFolder, 'ref'));
    const rescued = `${error.message}; meanwhile ${branch} stands at ${head}, the newest commit that is whole`;
    return { head, loaded: loadTip(reader, head, known), rescued };
  }
}

/** With what puts right the files that an operator committed while imago was stopped, and that are no hosts. */
function settleInvalid(
  reader: ObjectReader,
  head: ObjectId,
  found: FoundHosts,
  loaded: LoadedTip,
): { loaded: LoadedTip; refusals: readonly HostChange[] } {
  if (loaded.invalid.length === 0) return { loaded, refusals: [] };
  const own = lastOwnCommit(reader, head);
  const previous = own === undefined || own === head ? undefined : loadTip(reader, own).tip;
  if (!previous)
    return { loaded, refusals: refuseInvalid(loaded, (serial) => lastValidHost(reader, head, serial)) };
  const again = loadTip(reader, head, { found, previous });
  return { loaded: again, refusals: refuseInvalid(again, (serial) => previous.fleet.host(serial)) };
}

/** What the work tree and the index need, to be at a commit that somebody else made. */
function followCommit(reader: ObjectReader, head: ObjectId, { loaded, changes }: TakenUp): DiskNotice {
  const files = [...new Set(changes.map(({ serial }) => serial))].map((serial): CheckoutFile => {
    const path = hostPath(serial);
    const id = fileAt(reader, decodeCommit(reader.readAs('commit', head)), serial);
    return id === undefined ? { path } : hostToRestore(reader, path, Buffer.from(id, 'hex'));
  });
  const others = loaded.others.map(({ path, id, mode }) =>
    encodeIndexEntry(path, id, undefined, Number.parseInt(mode, 8)),
  );
  return { kind: 'follow', head, files, others: Buffer.concat(others) };
}

/** The first commit: the cluster's own file. */
async function createCluster(disk: DiskClient, { clock, defaults }: HostStoreOptions): Promise<ObjectId> {
  const content = Buffer.from(formatClusterFile(defaults ?? {}), 'utf8');
  const pack = new PackBuilder();
  const id = pack.add('blob', content);
  const tree = pack.add('tree', encodeTree([{ mode: FILE_MODE, name: CLUSTER_FILE, id }]));
  const signature = signatureOf(IMAGO, clock());
  const commit = encodeCommit({
    tree: tree.toString('hex'),
    parents: [],
    author: signature,
    committer: signature,
    message: 'cluster: created',
  });
  const next = pack.add('commit', commit).toString('hex');
  const files = [{ path: CLUSTER_FILE, content, id }];
  const outcome = await disk.flush({ number: 0, expected: undefined, next, files, ...pack.finish() });
  if (outcome.kind === 'durable') return next;
  throw new CannotCreateCluster(
    outcome.kind === 'failed' ? outcome.message : 'another program commits to it',
  );
}

class CannotCreateCluster extends ImagoError {
  readonly code = 'CANNOT_CREATE_CLUSTER';

  constructor(reason: string) {
    super(
      `the cluster folder cannot be written (${reason}): check paths.clusters and the rights and space there`,
    );
  }
}
