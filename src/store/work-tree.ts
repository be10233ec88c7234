import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Serial } from '../host/serial.js';
import { isMissing } from './damaged-object.js';
import { encodeIndexEntry, statOf } from './git-index.js';
import { rawIdOf, type RawId } from './git-object.js';
import { HOSTS_FOLDER, HOST_FILE } from './layout.js';

/** A file as it lies in the work tree. */
export interface FoundFile {
  readonly content: Buffer;
  readonly id: RawId;
  /** What Git's index says of it. */
  readonly indexEntry: Buffer;
}

/** The hosts' files in the work tree, by shard and serial as the folders are named. */
export type FoundHosts = ReadonlyMap<string, ReadonlyMap<Serial, FoundFile>>;

export function scanHosts(directory: string): FoundHosts {
  const shards = new Map<string, Map<Serial, FoundFile>>();
  for (const shard of foldersIn(join(directory, HOSTS_FOLDER))) {
    const hosts = new Map<Serial, FoundFile>();
    for (const serial of foldersIn(join(directory, HOSTS_FOLDER, shard))) {
      const file = findFile(directory, `${HOSTS_FOLDER}/${shard}/${serial}/${HOST_FILE}`);
      if (file) hosts.set(serial as Serial, file);
    }
    shards.set(shard, hosts);
  }
  return shards;
}

export function findFile(directory: string, path: string): FoundFile | undefined {
  let content: Buffer;
  try {
    content = readFileSync(join(directory, path));
  } catch (error) {
    if (isMissing(error)) return undefined;
    throw error;
  }
  const id = rawIdOf('blob', content);
  return { content, id, indexEntry: encodeIndexEntry(path, id, statOf(join(directory, path))) };
}

function foldersIn(folder: string): string[] {
  try {
    return readdirSync(folder, { withFileTypes: true })
      .filter((entry) => entry.isDirectory())
      .map((entry) => entry.name);
  } catch (error) {
    if (isMissing(error)) return [];
    throw error;
  }
}
