import { existsSync, mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ImagoError } from '../errors.js';
import type { HostStore } from '../host/host-store.js';
import { CHECKOUT_MARK } from './checkout.js';
import { currentBranch, readRef } from './branch-ref.js';
import { IMAGO, signatureOf } from './change-batch.js';
import { formatClusterFile, type ClusterSettings } from './cluster-file.js';
import { isMissing } from './damaged-object.js';
import { DiskClient } from './disk-client.js';
import type { CheckoutFile } from './disk-messages.js';
import { FleetTip } from './fleet-tip.js';
import { encodeCommit } from './git-commit.js';
import { GitHostStore, type StoreLogger } from './git-host-store.js';
import { encodeIndexEntry } from './git-index.js';
import { isObjectId, type ObjectId } from './git-object.js';
import { FILE_MODE, encodeTree } from './git-tree.js';
import { HistoryReader } from './history-reader.js';
import { CLUSTER_FILE, hostPath } from './layout.js';
import { loadTip, validHost, type LoadedTip } from './load-tip.js';
import { ObjectReader } from './object-reader.js';
import { lockFolder } from './owner-lock.js';
import { PackBuilder } from './pack-builder.js';
import {
  clearLeftovers,
  initRepository,
  refuseMayuLayout,
  repositoryPaths,
  type RepositoryPaths,
} from './repository.js';
import { tornFiles } from './torn-checkout.js';
import { scanHosts, type FoundHosts } from './work-tree.js';

export interface HostStoreOptions {
  /** The cluster's folder: its work tree, with `.git` in it. Made when it is missing. */
  readonly directory: string;
  readonly clock: () => Date;
  readonly logger: StoreLogger;
  /** For a cluster that is new. */
  readonly defaults?: ClusterSettings;
}

/**
 * Opens the fleet of a cluster folder, ready for changes: leftovers of a daemon that was killed are cleared, files of the
 * work tree that did not reach HEAD are restored, and edits made by hand are taken up.
 * @throws FolderInUse, NeedsImport, DamagedRef, DamagedObject
 */
export async function openHostStore(options: HostStoreOptions): Promise<HostStore> {
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
): Promise<HostStore> {
  const { logger, clock } = options;
  const branch = currentBranch(paths.gitDirectory);
  for (const lock of clearLeftovers(paths, branch, Date.now())) {
    logger.warn({ lock }, 'a git command holds a lock in the cluster folder');
  }
  const disk = new DiskClient({ ...paths, branch }, (message) => {
    if (message === undefined) logger.info({}, 'the work tree follows the commits again');
    else logger.error({ error: message }, 'the work tree cannot follow the commits');
  });
  const reader = new ObjectReader(paths.gitDirectory);
  const head = readRef(paths.gitDirectory, branch) ?? (await createCluster(disk, options));
  const found = scanHosts(options.directory);
  const loaded = loadTip(reader, head, { found });
  const troubles = loaded.invalid.map(({ error }) => error.message);
  const edits = adoptWorkTree(disk, reader, paths, head, found, loaded);
  const store = new GitHostStore({
    tip: loaded.tip,
    disk,
    history: new HistoryReader(reader),
    clock,
    logger,
    loadTip: (commit, previous) =>
      commit === undefined ? new FleetTip() : loadTip(reader, commit, { previous }).tip,
    troubles,
    release: () => {
      reader.close();
      release();
    },
  });
  for (const edit of edits) {
    const path = hostPath(edit.serial);
    try {
      await store.change({ name: 'operator', kind: 'operator' }, (fleet) => [
        { host: validHost(edit.text, path, edit.serial, { fleet }), what: 'edited conf.json' },
      ]);
    } catch (error) {
      if (!(error instanceof ImagoError)) throw error;
      troubles.push(`an edit is not taken up: ${error.message}`);
    }
  }
  for (const trouble of troubles) logger.error({ trouble }, 'a file of the cluster folder was refused');
  logger.info({ hosts: store.size, directory: options.directory }, 'cluster opened');
  return store;
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

/** Tells the disk thread what the work tree holds and what to restore. @returns the edits made by hand. */
function adoptWorkTree(
  disk: DiskClient,
  reader: ObjectReader,
  { directory, gitDirectory }: RepositoryPaths,
  head: ObjectId,
  found: FoundHosts,
  loaded: LoadedTip,
): readonly { readonly serial: LoadedTip['differing'][number]['serial']; readonly text: string }[] {
  const settled = readMark(gitDirectory);
  const torn = tornFiles(reader, head, settled, loaded.differing);
  const differing = new Set(loaded.differing.map(({ serial }) => serial));
  const entries: Buffer[] = loaded.others.map(({ path, id, mode }) =>
    encodeIndexEntry(path, id, undefined, Number.parseInt(mode, 8)),
  );
  for (const hosts of found.values()) {
    for (const [serial, file] of hosts) if (!differing.has(serial)) entries.push(file.indexEntry);
  }
  const files: CheckoutFile[] = [];
  for (const { path, id } of loaded.others) {
    if (existsSync(join(directory, path))) continue;
    files.push({ path, id, content: reader.readAs('blob', id.toString('hex')) });
  }
  for (const { serial, committed } of loaded.differing) {
    const path = hostPath(serial);
    if (torn.has(serial)) {
      files.push(
        committed
          ? { path, id: committed, content: reader.readAs('blob', committed.toString('hex')) }
          : { path },
      );
    } else if (committed) {
      entries.push(encodeIndexEntry(path, committed, undefined));
    }
  }
  disk.tell({ kind: 'adopt', entries: Buffer.concat(entries), head, isSettled: settled === head });
  if (files.length > 0) disk.tell({ kind: 'restore', files });
  return loaded.differing.flatMap(({ serial, found: file }) =>
    file && !torn.has(serial) ? [{ serial, text: file.content.toString('utf8') }] : [],
  );
}

function readMark(gitDirectory: string): ObjectId | undefined {
  try {
    const mark = readFileSync(join(gitDirectory, CHECKOUT_MARK), 'utf8').trim();
    return isObjectId(mark) ? mark : undefined;
  } catch (error) {
    if (isMissing(error)) return undefined;
    throw error;
  }
}
