import { closeSync, openSync, readFileSync, readSync, readdirSync, statSync, type Dirent } from 'node:fs';
import { join } from 'node:path';
import { ifPresentNow } from '../../files/if-present.js';
import { isMissing } from '../../errors.js';
import type { Serial } from '../../host/serial.js';
import { encodeIndexEntry, statOf } from '../../git/index-file.js';
import { rawIdOf, type RawId } from '../../git/object.js';
import {
  HOSTS_FOLDER,
  LARGEST_FILE,
  hostPathIn,
  isRecordName,
  isShard,
  keyAt,
  nameOfFile,
  pathOf,
  type KindFolders,
  type Kinds,
  type RecordName,
} from '../layout.js';

/** A file as it lies in the work tree. */
export interface FoundFile {
  readonly content: Buffer;
  readonly id: RawId;
  /** What Git's index says of it. */
  readonly indexEntry: Buffer;
}

/** The hosts' files in the work tree, by shard and serial as the folders are named. */
export type FoundHosts = ReadonlyMap<string, ReadonlyMap<Serial, FoundFile>>;

/** The files of all records in the work tree. */
export interface FoundFiles {
  readonly hosts: FoundHosts;
  /** Of all other kinds. */
  readonly records: ReadonlyMap<RecordName, FoundFile>;
  /** Where there are files of such records that are not in their place. */
  readonly strays: readonly string[];
}

export function scanWorkTree(directory: string, kinds: Kinds): FoundFiles {
  const records = new Map<RecordName, FoundFile>();
  const strays: string[] = [];
  for (const path of recordPaths(directory, kinds)) {
    const key = keyAt(kinds, path);
    if (key === undefined || !isRecordName(key)) continue;
    const isInPlace = path === pathOf(kinds, key);
    const file = isInPlace ? findRecordFile(directory, path) : undefined;
    if (file) records.set(key, file);
    else if (!isInPlace) strays.push(path);
  }
  return { hosts: scanHosts(directory), records, strays };
}

/** Of all files in the folders of these kinds, and in their shards, that are named as a record's. */
export function* recordPaths(directory: string, kinds: KindFolders): Generator<string> {
  for (const [name, kind] of kinds) {
    for (const entry of entriesIn(join(directory, name))) {
      const path = `${name}/${entry.name}`;
      if (!entry.isDirectory()) {
        if (nameOfFile(kind, entry.name) !== undefined) yield path;
      } else if (isShard(entry.name)) {
        for (const file of entriesIn(join(directory, path))) {
          if (!file.isDirectory() && nameOfFile(kind, file.name) !== undefined) yield `${path}/${file.name}`;
        }
      }
    }
  }
}

export function scanHosts(directory: string): FoundHosts {
  const shards = new Map<string, Map<Serial, FoundFile>>();
  for (const shard of foldersIn(join(directory, HOSTS_FOLDER))) {
    const hosts = new Map<Serial, FoundFile>();
    for (const serial of foldersIn(join(directory, HOSTS_FOLDER, shard))) {
      const file = findRecordFile(directory, hostPathIn(shard, serial));
      if (file) hosts.set(serial as Serial, file);
    }
    shards.set(shard, hosts);
  }
  return shards;
}

/** Of one too large to be a record's only the beginning, still too large. */
export function findRecordFile(directory: string, path: string): FoundFile | undefined {
  return findFile(directory, path, LARGEST_FILE + 1);
}

/** Undefined where there is no plain file. @param most bytes that are read of it. */
export function findFile(directory: string, path: string, most = Infinity): FoundFile | undefined {
  const file = join(directory, path);
  // First: of a file that is written meanwhile the times are then too old, and it is looked at again.
  const stats = statOf(file);
  if (!stats) return undefined;
  let content: Buffer | undefined;
  try {
    content = stats.isFile() && stats.size <= most ? readFileSync(file) : readBeginning(file, most);
    if (!content) return undefined;
  } catch (error) {
    if (isMissing(error)) return undefined;
    throw error;
  }
  const id = rawIdOf('blob', content);
  return { content, id, indexEntry: encodeIndexEntry(path, id, stats) };
}

/** Also of what a link leads to. */
function readBeginning(path: string, most: number): Buffer | undefined {
  const stats = statSync(path);
  if (!stats.isFile()) return undefined;
  if (stats.size <= most) return readFileSync(path);
  const file = openSync(path, 'r');
  try {
    const bytes = Buffer.alloc(most);
    return bytes.subarray(0, readSync(file, bytes, 0, most, 0));
  } finally {
    closeSync(file);
  }
}

function foldersIn(folder: string): string[] {
  return entriesIn(folder)
    .filter((entry) => entry.isDirectory())
    .map((entry) => entry.name);
}

function entriesIn(folder: string): readonly Dirent[] {
  return ifPresentNow(() => readdirSync(folder, { withFileTypes: true })) ?? [];
}
