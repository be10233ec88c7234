import { existsSync, mkdirSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { ImagoError } from '../errors.js';
import { parseSerial, parseWrittenSerial, type Serial } from '../host/serial.js';
import { currentBranch, readRef } from './branch-ref.js';
import { parseClusterFile } from './cluster-file.js';
import {
  FlatWriter,
  ShardedWriter,
  commitsUpTo,
  convertHistory,
  entriesByName,
  type FileChanges,
  type TreeWriter,
} from './convert-history.js';
import { decodeCommit, type Commit } from './git-commit.js';
import { encodeIndex, encodeIndexEntry, statOf } from './git-index.js';
import { rawIdOf, type ObjectId, type RawId } from './git-object.js';
import { EMPTY_TREE, TREE_MODE, treeEntry } from './git-tree.js';
import { parseHostContent } from './host-file.js';
import { CLUSTER_FILE, HOST_FILE, LARGEST_FILE } from './layout.js';
import { mayuHostFile } from './mayu-host-file.js';
import { ObjectReader } from './object-reader.js';
import { initRepository, repositoryPaths, type RepositoryPaths } from './repository.js';
import { changedHosts } from './tree-diff.js';

/** A folder that cannot be converted: every reason at once. */
export class CannotConvert extends ImagoError {
  readonly code = 'CANNOT_CONVERT';

  constructor(directory: string, faults: readonly string[]) {
    super(`${directory} cannot be converted: ${faults.join('; ')}`, { directory, faults });
  }
}

export interface Conversion {
  readonly hosts: number;
  readonly commits: number;
}

/**
 * Makes a cluster folder of imago's from one of Mayu's: every commit again, with its author, time and words, in imago's
 * layout. The folder of Mayu is only read.
 * @throws CannotConvert, and then nothing was made.
 */
export function importMayu(source: string, directory: string): Promise<Conversion> {
  return withSource(source, directory, (reader, head) => {
    const changesOf = (commit: Commit, before: Commit | undefined): FileChanges =>
      flatChanges(reader, commit, before);
    const last = changesOf(decodeCommit(reader.readAs('commit', head)), undefined);
    const faults = faultsOf(last);
    if (faults.length > 0) throw new CannotConvert(source, faults);
    return convert(reader, head, changesOf, new ShardedWriter(), directory, last.hosts.length);
  });
}

/**
 * Makes a cluster folder of Mayu's from one of imago's, with its history.
 * @throws CannotConvert, and then nothing was made.
 */
export function exportMayu(source: string, directory: string): Promise<Conversion> {
  return withSource(source, directory, (reader, head) => {
    const changesOf = (commit: Commit, before: Commit | undefined): FileChanges =>
      shardedChanges(reader, commit, before);
    const last = changesOf(decodeCommit(reader.readAs('commit', head)), undefined);
    // They become names of folders.
    const faults = last.hosts.flatMap(({ serial }) => faultIn(() => parseWrittenSerial(serial)));
    if (faults.length > 0) throw new CannotConvert(source, faults);
    return convert(reader, head, changesOf, new FlatWriter(), directory, last.hosts.length, (paths) => {
      checkOut(paths, last);
    });
  });
}

async function withSource(
  source: string,
  directory: string,
  work: (reader: ObjectReader, head: ObjectId) => Promise<Conversion>,
): Promise<Conversion> {
  if (existsSync(directory) && readdirSync(directory).length > 0) {
    throw new CannotConvert(source, [`${directory} is not empty: name a folder that is, or is not there`]);
  }
  const { gitDirectory } = repositoryPaths(source);
  if (!existsSync(gitDirectory))
    throw new CannotConvert(source, ['it has no .git: it is not a cluster folder']);
  const head = readRef(gitDirectory, currentBranch(gitDirectory));
  if (head === undefined) throw new CannotConvert(source, ['it has no commits']);
  const reader = new ObjectReader(gitDirectory);
  try {
    return await work(reader, head);
  } finally {
    reader.close();
  }
}

/** In a folder beside the one wanted, which takes its name at the end: what is there is whole. */
async function convert(
  reader: ObjectReader,
  head: ObjectId,
  changesOf: (commit: Commit, before: Commit | undefined) => FileChanges,
  writer: TreeWriter,
  directory: string,
  hosts: number,
  finish: (paths: RepositoryPaths) => void = () => undefined,
): Promise<Conversion> {
  const unfinished = `${directory}.unfinished`;
  rmSync(unfinished, { recursive: true, force: true });
  mkdirSync(unfinished, { recursive: true });
  const paths = repositoryPaths(unfinished);
  initRepository(paths);
  const commits = commitsUpTo(reader, head);
  await convertHistory(reader, commits, changesOf, writer, paths);
  finish(paths);
  if (existsSync(directory)) rmSync(directory, { recursive: true });
  renameSync(unfinished, directory);
  return { hosts, commits: commits.length };
}

/** Mayu reads the files, and commits what it changes in them. */
function checkOut({ directory, gitDirectory }: RepositoryPaths, { hosts, cluster }: FileChanges): void {
  const files = hosts.map(({ serial, content }) => ({ path: `${serial}/${HOST_FILE}`, content }));
  const entries = [...files, { path: CLUSTER_FILE, content: cluster }].flatMap(({ path, content }) => {
    if (!content) return [];
    const file = join(directory, path);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, content);
    return [encodeIndexEntry(path, rawIdOf('blob', content), statOf(file))];
  });
  writeFileSync(join(gitDirectory, 'index'), encodeIndex(entries));
}

/** What a commit of Mayu's did: each host has a folder directly in the root. */
function flatChanges(reader: ObjectReader, commit: Commit, before: Commit | undefined): FileChanges {
  const now = entriesByName(reader.readAs('tree', commit.tree));
  const old = entriesByName(before ? reader.readAs('tree', before.tree) : EMPTY_TREE);
  const hosts = [...new Set([...old.keys(), ...now.keys()])].flatMap((name) => {
    const entry = now.get(name);
    const previous = old.get(name);
    if (entry && previous?.id.equals(entry.id)) return [];
    const file = hostFileIn(reader, entry);
    if (!file && !hostFileIn(reader, previous)) return [];
    return [
      {
        serial: parseSerial(name),
        content: file && reader.readAs('blob', file.toString('hex'), LARGEST_FILE),
      },
    ];
  });
  const cluster = now.get(CLUSTER_FILE)?.id;
  const isNew = cluster && !old.get(CLUSTER_FILE)?.id.equals(cluster);
  return { hosts, cluster: isNew ? reader.readAs('blob', cluster.toString('hex'), LARGEST_FILE) : undefined };
}

/** What a commit of imago's did. */
function shardedChanges(reader: ObjectReader, commit: Commit, before: Commit | undefined): FileChanges {
  const hosts = changedHosts(reader, before?.tree, commit.tree).map(({ serial, after }) => ({
    serial,
    content: after && mayuHostFile(reader.readAs('blob', after.toString('hex'), LARGEST_FILE)),
  }));
  const cluster = treeEntry(reader.readAs('tree', commit.tree), CLUSTER_FILE)?.id;
  const old = before && treeEntry(reader.readAs('tree', before.tree), CLUSTER_FILE)?.id;
  const isNew = cluster && !old?.equals(cluster);
  return { hosts, cluster: isNew ? reader.readAs('blob', cluster.toString('hex'), LARGEST_FILE) : undefined };
}

function hostFileIn(
  reader: ObjectReader,
  entry: { readonly mode: string; readonly id: RawId } | undefined,
): RawId | undefined {
  if (entry?.mode !== TREE_MODE) return undefined;
  return treeEntry(reader.readAs('tree', entry.id.toString('hex')), HOST_FILE)?.id;
}

/** What imago could not open: each host's file as it is now, and the cluster's. */
function faultsOf({ hosts, cluster }: FileChanges): readonly string[] {
  const holders = new Map<number, Serial>();
  return [
    ...hosts.flatMap(({ serial, content }) =>
      faultIn(() => {
        const host = parseHostContent(content ?? Buffer.alloc(0), `${serial}/${HOST_FILE}`);
        if (host.serial !== serial)
          throw new CannotConvert(`${serial}/${HOST_FILE}`, [`it is of ${host.serial}`]);
        if (host.internalAddress === undefined) return;
        const holder = holders.get(host.internalAddress);
        if (holder !== undefined) throw new CannotConvert(serial, [`it has the address of ${holder}`]);
        holders.set(host.internalAddress, serial);
      }),
    ),
    ...faultIn(() => parseClusterFile(cluster?.toString('utf8') ?? '{}')),
  ];
}

function faultIn(check: () => unknown): readonly string[] {
  try {
    check();
    return [];
  } catch (error) {
    if (error instanceof ImagoError) return [error.message];
    throw error;
  }
}
