import { existsSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { ImagoError } from '../../errors.js';
import { parseWrittenSerial } from '../../host/serial.js';
import { currentBranch, readRef } from '../../git/branch-ref.js';
import { CannotConvert, convertCluster, type Conversion } from './convert-cluster.js';
import { FlatWriter, commitsUpTo, type FileChanges } from './convert-history.js';
import { decodeCommit, type Commit } from '../../git/commit.js';
import { encodeIndex, encodeIndexEntry, statOf } from '../../git/index-file.js';
import { rawIdOf, type ObjectId } from '../../git/object.js';
import { treeEntry } from '../../git/tree.js';
import { CLUSTER_FILE, HOST_FILE, LARGEST_FILE } from '../layout.js';
import { ObjectReader } from '../../git/object-reader.js';
import { repositoryPaths, type RepositoryPaths } from '../repository.js';
import { changedHosts } from '../tree-diff.js';
import { isIpAddress } from '../../host/mayu-host-json.js';

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
    return convertCluster({
      reader,
      commits: commitsUpTo(reader, head),
      changesOf,
      writer: new FlatWriter(),
      directory,
      hosts: last.hosts.length,
      beforeDone: (paths) => {
        checkOut(paths, last);
      },
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

/** What a commit of imago's did. */
function shardedChanges(reader: ObjectReader, commit: Commit, before: Commit | undefined): FileChanges {
  const hosts = changedHosts(reader, before?.tree, commit.tree).map(({ key, after }) => ({
    serial: key,
    content: after && mayuHostFile(reader.readAs('blob', after.toString('hex'), LARGEST_FILE)),
  }));
  const cluster = treeEntry(reader.readAs('tree', commit.tree), CLUSTER_FILE)?.id;
  const old = before && treeEntry(reader.readAs('tree', before.tree), CLUSTER_FILE)?.id;
  const isNew = cluster && !old?.equals(cluster);
  return { hosts, cluster: isNew ? reader.readAs('blob', cluster.toString('hex'), LARGEST_FILE) : undefined };
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

/** A host's file as Mayu can read it: it dies of a BMC that is known by a name, which is left out. Any other file stays to the byte. */
function mayuHostFile(content: Buffer): Buffer {
  const host = objectIn(content);
  if (!host || host['IPMIAddr'] === undefined || isIpAddress(host['IPMIAddr'])) return content;
  const { IPMIAddr: _, ...rest } = host;
  return Buffer.from(`${JSON.stringify(rest, null, 2)}\n`);
}

/** Undefined for a file that is damaged: it is none that Mayu could read either. */
function objectIn(content: Buffer): Readonly<Record<string, unknown>> | undefined {
  try {
    const json: unknown = JSON.parse(content.toString('utf8'));
    return typeof json === 'object' && json !== null ? { ...json } : undefined;
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}
