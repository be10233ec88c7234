import { hash } from 'node:crypto';
import { LARGEST_RECORD, type RecordKind } from '../host/record-kind.js';
import { isNameOfRecord, requireNameOfRecord } from '../host/record-name.js';
import type { Serial } from '../host/serial.js';

/** The files of a cluster's folder, as they are named in its Git trees. */
export const CLUSTER_FILE = 'cluster.json';
export const HOSTS_FOLDER = 'hosts';
export const HOST_FILE = 'conf.json';

/** Of a record that is no host: `<kind>/<name>`. */
export type RecordName = `${string}/${string}`;

/** Names a record among those of all kinds, in commits and in the log: a host by its serial alone, which holds no slash. */
export type RecordKey = Serial | RecordName;

/** The kinds of records beside hosts, by their names. */
export type Kinds = ReadonlyMap<string, RecordKind>;

/** What tells the names of a kind's files. */
export type KindFolder = Pick<RecordKind, 'isRaw'>;

/** By the name of the kind. */
export type KindFolders = ReadonlyMap<string, KindFolder>;

export const NO_KINDS: Kinds = new Map();

const KIND = /^[a-z0-9][a-z0-9-]*$/;
const SHARD = /^[0-9a-f]{2}$/;
const ENDING = '.json';

/** @throws RangeError for a kind that cannot have a folder of its own. */
export function kindsByName(kinds: readonly RecordKind[]): Kinds {
  const byName = new Map(kinds.map((kind) => [kind.name, kind]));
  const unfit = kinds.find(({ name }) => !KIND.test(name) || name === HOSTS_FOLDER);
  if (unfit) throw new RangeError(`${unfit.name} is no name for a kind of records`);
  if (byName.size < kinds.length) throw new RangeError('two kinds of records have the same name');
  return byName;
}

/** What of the kinds can be told to another thread. */
export function foldersOf(kinds: Kinds): KindFolders {
  return new Map([...kinds].map(([name, { isRaw }]) => [name, isRaw ? { isRaw } : {}]));
}

/** @throws InvalidValue */
export function recordKey(kind: string, name: string): RecordName {
  requireNameOfRecord(kind, name);
  return `${kind}/${name}`;
}

export function isRecordName(key: RecordKey): key is RecordName {
  return key.includes('/');
}

/** The name of a record whose file has this name; undefined of a file that is no record's. */
export function nameOfFile({ isRaw }: KindFolder, file: string): string | undefined {
  const name = isRaw ? file : file.endsWith(ENDING) ? file.slice(0, -ENDING.length) : '';
  return isNameOfRecord(name) ? name : undefined;
}

export function fileOfName({ isRaw }: KindFolder, name: string): string {
  return isRaw ? name : `${name}${ENDING}`;
}

/** Of a record that is no host. */
export function partsOfName(key: RecordName): { readonly kind: string; readonly name: string } {
  const slash = key.indexOf('/');
  return { kind: key.slice(0, slash), name: key.slice(slash + 1) };
}

/** Undefined for a kind that is not known. */
export function kindOf(kinds: Kinds, key: RecordName): RecordKind | undefined {
  return kinds.get(partsOfName(key).kind);
}

/** Where the file of a record stands. */
export function pathOf(kinds: KindFolders, key: RecordKey): string {
  if (!isRecordName(key)) return hostPath(key);
  const { kind, name } = partsOfName(key);
  return recordPath({ name: kind, ...kinds.get(kind) }, name);
}

/** Of a record that is no host. */
export function recordPath(kind: KindFolder & { readonly name: string }, name: string): string {
  return `${kind.name}/${shardOf(name)}/${fileOfName(kind, name)}`;
}

/** The record whose file stands at a path, or would stand there if it were in its place; undefined of any other file. */
export function keyAt(kinds: KindFolders, path: string): RecordKey | undefined {
  const [folder = '', ...rest] = path.split('/');
  if (folder === HOSTS_FOLDER) return isHostFile(path) ? (rest[1] as Serial) : undefined;
  const kind = kinds.get(folder);
  const [shard, file] = rest.length === 1 ? [undefined, rest[0]] : rest;
  if (!kind || file === undefined || rest.length > 2 || (shard !== undefined && !isShard(shard)))
    return undefined;
  const name = nameOfFile(kind, file);
  return name === undefined ? undefined : `${folder}/${name}`;
}

/** Two hex digits of the SHA-1 of a serial, or of a record's name: real ones share prefixes, their hashes do not. */
export function shardOf(name: string): string {
  return hash('sha1', name).slice(0, 2);
}

/** Whether a folder within that of a kind, or of the hosts, is a shard. */
export function isShard(folder: string): boolean {
  return SHARD.test(folder);
}

export function hostFolder(serial: Serial): string {
  return `${HOSTS_FOLDER}/${shardOf(serial)}/${serial}`;
}

export function hostPath(serial: Serial): string {
  return hostPathIn(shardOf(serial), serial);
}

/** In whichever folder somebody put it. */
export function hostPathIn(shard: string, serial: string): string {
  return `${HOSTS_FOLDER}/${shard}/${serial}/${HOST_FILE}`;
}

const HOST_PATH = /^hosts\/[^/]+\/[^/]+\/conf\.json$/;

/** Whether a path in the work tree is where a host's file stands. */
export function isHostFile(path: string): boolean {
  return HOST_PATH.test(path);
}

/** Whether a path in the work tree is where a host's file stands, or that of a record of these kinds in its place. */
export function isRecordFile(kinds: KindFolders, path: string): boolean {
  const key = keyAt(kinds, path);
  return key !== undefined && (!isRecordName(key) || path === pathOf(kinds, key));
}

/** Bytes: a thousand times what a host's file, or the cluster's, has. More is not even taken into memory. */
export const LARGEST_FILE = LARGEST_RECORD;
