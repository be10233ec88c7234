import { existsSync, readdirSync } from 'node:fs';
import { ImagoError } from '../../errors.js';
import type { Serial } from '../../host/serial.js';
import { parseClusterFile } from '../cluster-file.js';
import { CannotConvert, convertCluster, type Conversion } from './convert-cluster.js';
import {
  commitsUpTo,
  entriesByName,
  ShardedWriter,
  type ClosingCommit,
  type FileChanges,
} from './convert-history.js';
import { decodeCommit, type Commit } from '../../git/commit.js';
import type { RawId } from '../../git/object.js';
import { EMPTY_TREE, TREE_MODE, treeEntry } from '../../git/tree.js';
import { CLUSTER_FILE, HOST_FILE, LARGEST_FILE } from '../layout.js';
import {
  filesIn,
  judgeHosts,
  serialNamed,
  withSerial,
  type MayuFiles,
  type TakenHost,
} from './mayu-fleet.js';
import { openMayuSource, type MayuSource } from './mayu-source.js';
import { ObjectReader } from '../../git/object-reader.js';

export interface Takeover extends Conversion {
  /** Where there was no Git. */
  readonly isFromFiles: boolean;
  /** Files that were not as HEAD has them: taken as they are, in one commit. */
  readonly edited: readonly string[];
  /** Machines that imago knows under another serial than Mayu. */
  readonly renamed: readonly { readonly from: string; readonly to: Serial }[];
  /** Why hosts were left out. */
  readonly leftOut: readonly string[];
  /** Hooks of Git that ran after Mayu's commits. */
  readonly hooks: readonly string[];
}

export interface TakeoverOptions {
  /** Leave out hosts that imago cannot take, instead of refusing all. */
  readonly skipFaulty?: boolean;
  readonly now: Date;
  /** Called with the etcd tokens of the cluster and its hosts when all is ready; what it throws leaves nothing behind. */
  readonly beforeDone?: (tokens: readonly string[]) => Promise<void>;
}

/**
 * Makes a cluster folder of imago's from one of Mayu's: every commit again, with its author, time and words, in imago's
 * layout; at its end the files as they are, which is what Mayu goes by. The folder of Mayu is only read.
 * @throws CannotConvert, and then nothing was made.
 */
export async function importMayu(
  folder: string,
  directory: string,
  options: TakeoverOptions,
): Promise<Takeover> {
  if (existsSync(directory) && readdirSync(directory).length > 0) {
    throw new CannotConvert(folder, [`${directory} is not empty: name a folder that is, or is not there`]);
  }
  let reader: ObjectReader | undefined;
  try {
    const source = openMayuSource(folder);
    reader = source.repository && new ObjectReader(source.repository.gitDirectory);
    return await takeOver(folder, source, reader, directory, options);
  } catch (error) {
    if (error instanceof ImagoError) throw error;
    const reason = error instanceof Error ? error.message : String(error);
    throw new CannotConvert(folder, [`${reason}; git fsck there tells what is damaged`], { cause: error });
  } finally {
    reader?.close();
  }
}

async function takeOver(
  folder: string,
  source: MayuSource,
  reader: ObjectReader | undefined,
  directory: string,
  { skipFaulty = false, now, beforeDone }: TakeoverOptions,
): Promise<Takeover> {
  const head = source.repository?.head;
  const commits = reader && head !== undefined ? commitsUpTo(reader, head) : [];
  const last = reader && head !== undefined ? decodeCommit(reader.readAs('commit', head)) : undefined;
  if (!source.workTree && !last) throw new CannotConvert(folder, ['it has no commits']);
  const committed = reader && last ? filesOfCommit(reader, last) : undefined;
  const files = source.workTree === undefined ? committed : filesIn(source.workTree);
  if (!files) throw new CannotConvert(folder, ['it has no commits']);

  const { taken, faulty } = judgeHosts(files.hosts);
  const faults = faulty.flatMap((host) => host.faults);
  const clusterFile = files.cluster ?? committed?.cluster;
  const cluster = parseCluster(folder, clusterFile);
  if (faults.length > 0 && !skipFaulty)
    throw new CannotConvert(folder, [...faults, ...leaveOut(faulty.length, taken.length)]);

  const left = new Set(faulty.map(({ name }) => name));
  const history = new History(left);
  const tokens = [cluster.defaultEtcdClusterToken, ...taken.map(({ host }) => host.etcdClusterToken)];
  const conversion = await convertCluster({
    reader,
    commits,
    changesOf: (commit, before) => (reader ? history.changesOf(reader, commit, before) : NO_CHANGES),
    closing: () =>
      history.closing({ taken, cluster: clusterFile }, reader ? 'imported edits' : 'imported', now),
    writer: new ShardedWriter(),
    directory,
    hosts: taken.length,
    beforeDone: () => beforeDone?.([...new Set(tokens.filter((token) => token !== undefined))]),
  });
  return {
    ...conversion,
    isFromFiles: commits.length === 0,
    edited: committed && commits.length > 0 ? differing(committed, files) : [],
    renamed: taken.flatMap(({ name, serial }) => (name === serial ? [] : [{ from: name, to: serial }])),
    leftOut: faults,
    hooks: source.hooks,
  };
}

function leaveOut(faulty: number, others: number): readonly string[] {
  return [
    `--skip-faulty leaves ${faulty === 1 ? 'this host' : `these ${faulty} hosts`} out and takes the other ${others}`,
  ];
}

function parseCluster(folder: string, content: Buffer | undefined) {
  if (content && content.length > LARGEST_FILE)
    throw new CannotConvert(folder, [`${CLUSTER_FILE} has more than ${LARGEST_FILE} bytes: write it anew`]);
  return parseClusterFile(content?.toString('utf8') ?? '{}');
}

/** A commit of imago’s own changes one host. */
const IMPORT = { name: 'imago', email: 'import@imago' };

const NO_CHANGES: FileChanges = { hosts: [], cluster: undefined };

/** What Mayu's commits did, under imago's names, and what is missing at their end. */
class History {
  readonly #written = new Map<Serial, Buffer>();
  #cluster: Buffer | undefined;

  /** @param left folders of hosts that are left out. */
  constructor(private readonly left: ReadonlySet<string>) {}

  changesOf(reader: ObjectReader, commit: Commit, before: Commit | undefined): FileChanges {
    const { hosts, cluster } = flatChanges(reader, commit, before, (name) =>
      this.left.has(name) ? undefined : serialNamed(name),
    );
    for (const { serial, content } of hosts) this.#note(serial, content);
    this.#cluster = cluster ?? this.#cluster;
    return { hosts, cluster, message: underSerial(commit.message, hosts) };
  }

  /** The last commit: what the files say beyond the commits. Undefined where that is nothing. */
  closing(
    { taken, cluster }: { readonly taken: readonly TakenHost[]; readonly cluster: Buffer | undefined },
    message: string,
    now: Date,
  ): ClosingCommit | undefined {
    const wanted = new Map(taken.map(({ serial, content }) => [serial, content]));
    const gone = [...this.#written.keys()].filter((serial) => !wanted.has(serial));
    const hosts = [
      ...gone.map((serial) => ({ serial, content: undefined })),
      ...[...wanted].flatMap(([serial, content]) =>
        this.#written.get(serial)?.equals(content) ? [] : [{ serial, content }],
      ),
    ];
    const isNewCluster = cluster !== undefined && !this.#cluster?.equals(cluster);
    if (hosts.length === 0 && !isNewCluster) return undefined;
    const signature = { ...IMPORT, time: now };
    return {
      changes: { hosts, cluster: isNewCluster ? cluster : undefined },
      author: signature,
      committer: signature,
      message,
    };
  }

  #note(serial: Serial, content: Buffer | undefined): void {
    if (content) this.#written.set(serial, content);
    else this.#written.delete(serial);
  }
}

/** Mayu's words begin with the serial as Mayu has it. */
function underSerial(message: string, hosts: FileChanges['hosts']): string {
  const name = /^(\S+): /.exec(message)?.[1] ?? '';
  const serial = serialNamed(name);
  return hosts.some((host) => host.serial === serial) ? `${serial}${message.slice(name.length)}` : message;
}

/** What a commit of Mayu's did: each host has a folder directly in the root. */
function flatChanges(
  reader: ObjectReader,
  commit: Commit,
  before: Commit | undefined,
  serialOf: (name: string) => Serial | undefined,
): FileChanges {
  const now = entriesByName(reader.readAs('tree', commit.tree));
  const old = entriesByName(before ? reader.readAs('tree', before.tree) : EMPTY_TREE);
  const hosts = [...new Set([...old.keys(), ...now.keys()])].flatMap((name) => {
    const entry = now.get(name);
    const previous = old.get(name);
    if (entry && previous?.id.equals(entry.id)) return [];
    const serial = serialOf(name);
    if (serial === undefined) return [];
    const file = hostFileIn(reader, entry);
    if (!file && !hostFileIn(reader, previous)) return [];
    const content = file && reader.readAs('blob', file.toString('hex'), LARGEST_FILE);
    return [{ serial, content: content && withSerial(content, name, serial) }];
  });
  const cluster = now.get(CLUSTER_FILE)?.id;
  const isNew = cluster && !old.get(CLUSTER_FILE)?.id.equals(cluster);
  return { hosts, cluster: isNew ? reader.readAs('blob', cluster.toString('hex'), LARGEST_FILE) : undefined };
}

function filesOfCommit(reader: ObjectReader, commit: Commit): MayuFiles {
  const root = entriesByName(reader.readAs('tree', commit.tree));
  const hosts = [...root].flatMap(([name, entry]) => {
    const file = hostFileIn(reader, entry);
    return file ? [[name, reader.readAs('blob', file.toString('hex'))] as const] : [];
  });
  const cluster = root.get(CLUSTER_FILE)?.id;
  return {
    hosts: new Map(hosts),
    cluster: cluster && reader.readAs('blob', cluster.toString('hex')),
  };
}

function hostFileIn(
  reader: ObjectReader,
  entry: { readonly mode: string; readonly id: RawId } | undefined,
): RawId | undefined {
  if (entry?.mode !== TREE_MODE) return undefined;
  return treeEntry(reader.readAs('tree', entry.id.toString('hex')), HOST_FILE)?.id;
}

/** The files that are not the same, by their paths in Mayu's folder. */
function differing(committed: MayuFiles, files: MayuFiles): readonly string[] {
  const names = [...new Set([...committed.hosts.keys(), ...files.hosts.keys()])].sort();
  const isSame = (a: Buffer | undefined, b: Buffer | undefined): boolean => (a && b ? a.equals(b) : a === b);
  return [
    ...(isSame(committed.cluster, files.cluster) ? [] : [CLUSTER_FILE]),
    ...names
      .filter((name) => !isSame(committed.hosts.get(name), files.hosts.get(name)))
      .map((name) => `${name}/${HOST_FILE}`),
  ];
}
