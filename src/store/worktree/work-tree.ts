import { readdirSync, readlinkSync, type Dirent } from 'node:fs';
import { join } from 'node:path';
import { ifPresentNow } from '../../files/if-present.js';
import { readPlainNow } from '../../files/read-plain.js';
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
  /** Its content is then the name that it leads to, as Git has it. */
  readonly isLink?: true;
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
    const file = isInPlace ? fileIn(directory, path, LARGEST_FILE + 1) : undefined;
    if (file) records.set(key, file);
    else if (!isInPlace) strays.push(path);
  }
  return { hosts: scanHosts(directory), records, strays };
}

/** Of all files in the folders of these kinds, and in their shards, that are named as a record's. */
export function* recordPaths(directory: string, kinds: KindFolders): Generator<string> {
  for (const [name, kind] of kinds) {
    if (isLink(join(directory, name))) continue;
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
  if (isLink(join(directory, HOSTS_FOLDER))) return shards;
  for (const shard of foldersIn(join(directory, HOSTS_FOLDER))) {
    const hosts = new Map<Serial, FoundFile>();
    for (const serial of foldersIn(join(directory, HOSTS_FOLDER, shard))) {
      const file = fileIn(directory, hostPathIn(shard, serial), LARGEST_FILE + 1);
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

/** Undefined where there is neither a plain file nor a link, or where only a link leads to it. @param most bytes that are read of it. */
export function findFile(directory: string, path: string, most = Infinity): FoundFile | undefined {
  return linkOnWay(directory, path) === undefined ? fileIn(directory, path, most) : undefined;
}

/** The first of the folders that lead to a file which is a link; undefined where none is. */
export function linkOnWay(directory: string, path: string): string | undefined {
  for (let end = path.indexOf('/'); end > 0; end = path.indexOf('/', end + 1)) {
    const folder = path.slice(0, end);
    if (isLink(join(directory, folder))) return folder;
  }
  return undefined;
}

/** Of the folders of records those that are links, a sentence each. */
export function linkedFolders(directory: string, kinds: KindFolders): readonly string[] {
  return [HOSTS_FOLDER, ...kinds.keys()]
    .filter((name) => isLink(join(directory, name)))
    .map((name) => `${name} is a link, which is never followed: put the folder itself in its place`);
}

function fileIn(directory: string, path: string, most: number): FoundFile | undefined {
  const file = join(directory, path);
  // First: of a file that is written meanwhile the times are then too old, and it is looked at again.
  const stats = statOf(file);
  const isLinked = stats?.isSymbolicLink() === true;
  if (!stats || !(isLinked || stats.isFile())) return undefined;
  const content = ifPresentNow(() => (isLinked ? readlinkSync(file, 'buffer') : readPlainNow(file, most)));
  if (!content) return undefined;
  const id = rawIdOf('blob', content);
  return { content, id, indexEntry: encodeIndexEntry(path, id, stats), ...(isLinked && { isLink: true }) };
}

function isLink(path: string): boolean {
  return statOf(path)?.isSymbolicLink() === true;
}

function foldersIn(folder: string): string[] {
  return entriesIn(folder)
    .filter((entry) => entry.isDirectory())
    .map((entry) => entry.name);
}

function entriesIn(folder: string): readonly Dirent[] {
  return ifPresentNow(() => readdirSync(folder, { withFileTypes: true })) ?? [];
}
