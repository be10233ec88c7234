import { hash } from 'node:crypto';
import { InvalidValue } from '../errors.js';
import type { RecordKind } from '../host/record-kind.js';
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

export const NO_KINDS: Kinds = new Map();

const KIND = /^[a-z0-9][a-z0-9-]*$/;
const NAME = /^[a-z0-9](?:[a-z0-9._-]{0,126}[a-z0-9])?$/i;
const ENDING = '.json';

/** @throws RangeError for a kind that cannot have a folder of its own. */
export function kindsByName(kinds: readonly RecordKind[]): Kinds {
  const byName = new Map(kinds.map((kind) => [kind.name, kind]));
  const unfit = kinds.find(({ name }) => !KIND.test(name) || name === HOSTS_FOLDER);
  if (unfit) throw new RangeError(`${unfit.name} is no name for a kind of records`);
  if (byName.size < kinds.length) throw new RangeError('two kinds of records have the same name');
  return byName;
}

/** @throws InvalidValue */
export function recordKey(kind: string, name: string): RecordName {
  if (NAME.test(name)) return `${kind}/${name}`;
  throw new InvalidValue(
    `a name among ${kind}`,
    name,
    'it is made of letters, digits, and . _ - between them, 128 at most',
  );
}

export function isRecordName(key: RecordKey): key is RecordName {
  return key.includes('/');
}

/** The name of a record whose file has this name; undefined of a file that is no record's. */
export function nameOfFile(file: string): string | undefined {
  const name = file.endsWith(ENDING) ? file.slice(0, -ENDING.length) : '';
  return NAME.test(name) ? name : undefined;
}

export function fileOfName(name: string): string {
  return `${name}${ENDING}`;
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
export function pathOf(key: RecordKey): string {
  return isRecordName(key) ? fileOfName(key) : hostPath(key);
}

/** The record whose file stands, or should stand, at a path for which `isRecordFile` holds. */
export function keyAt(path: string): RecordKey {
  if (isHostFile(path)) return path.split('/')[2] as Serial;
  return path.slice(0, -ENDING.length) as RecordName;
}

/** Two hex digits of the serial's SHA-1: real serials share prefixes, their hashes do not. */
export function shardOf(serial: Serial): string {
  return hash('sha1', serial).slice(0, 2);
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

/** Whether a path in the work tree is where a host's file stands, or one of a record of these kinds. */
export function isRecordFile(path: string, kinds: readonly string[]): boolean {
  if (isHostFile(path)) return true;
  const slash = path.indexOf('/');
  return kinds.includes(path.slice(0, slash)) && nameOfFile(path.slice(slash + 1)) !== undefined;
}

/** Bytes: a thousand times what a host's file, or the cluster's, has. More is not even taken into memory. */
export const LARGEST_FILE = 1024 * 1024;
