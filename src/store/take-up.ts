import { ImagoError } from '../errors.js';
import { newHost, type Host } from '../host/host.js';
import type { HostChange, RecordedChange } from '../host/host-store.js';
import { recordCodeOf, type RecordEvent, type RecordKind } from '../host/record-kind.js';
import { diffHosts } from '../host/host-diff.js';
import { HostLocked, requireLockKept } from '../host/lock.js';
import { wordsWith } from '../host/change-words.js';
import type { Serial } from '../host/serial.js';
import type { FleetTip } from './fleet-tip.js';
import { decodeCommit, type Commit } from '../git/commit.js';
import type { ObjectId, RawId } from '../git/object.js';
import { parseHostContent, readHostBlob } from './host-file.js';
import {
  hostPath,
  isRecordName,
  kindOf,
  partsOfName,
  recordPath,
  type Kinds,
  type RecordKey,
  type RecordName,
} from './layout.js';
import { loadTip } from './load-tip.js';
import type { InvalidFile, LoadedTip } from './loaded-tip.js';
import type { ObjectReader } from '../git/object-reader.js';
import { recordChange, recordIn, type RecordChange } from './record-file.js';
import { revisionOf } from './revision.js';
import { fileAt } from './worktree/torn-checkout.js';
import type { FoundFiles } from './worktree/work-tree.js';
import { changedFiles } from './tree-diff.js';

/** A branch that somebody else moved, as the fleet sees it. */
export interface TakenUp {
  readonly loaded: LoadedTip;
  /** What the foreign commits did, oldest first. */
  readonly changes: readonly (RecordedChange | RecordEvent)[];
  /** Whether the former head is among the ancestors: if not, history was rewritten. */
  readonly isDescendant: boolean;
  /** What puts right the files that could not be taken: the next commit. */
  readonly refusals: Refusals;
}

/** Changes that undo what is invalid in a commit, and move what is not in its place. */
export interface Refusals {
  readonly changes: readonly HostChange[];
  readonly records: readonly RecordChange[];
  readonly moves: readonly RecordMove[];
}

/** Files of a record that are not in its place. */
export interface RecordMove {
  readonly kind: RecordKind;
  readonly name: RecordName;
  readonly strays: readonly string[];
}

const NO_REFUSALS: Refusals = { changes: [], records: [], moves: [] };

/** As they are decided over what a record is by then: somebody may have changed it since. */
export function movesIn(tip: FleetTip, moves: readonly RecordMove[]): readonly RecordChange[] {
  return moves.map(({ kind, name, strays }) => ({
    ...recordChange(kind, name, { record: tip.record(name), code: 'moved' }),
    strays,
  }));
}

/** Commits followed back before history counts as rewritten. */
const FARTHEST = 10_000;

/** @throws DamagedObject */
export function takeUpCommits(
  reader: ObjectReader,
  kinds: Kinds,
  head: ObjectId,
  previous: FleetTip,
): TakenUp {
  const loaded = loadTip(reader, kinds, head, { previous });
  const foreign = commitsSince(reader, head, previous.commit);
  const isDescendant = foreign !== undefined;
  const changes = (foreign ?? [head]).flatMap((id) => changesOf(reader, kinds, id));
  const invalid = [...loaded.invalid, ...lockedIn(changes, loaded.tip, previous)];
  const refusals = refuseInvalid(kinds, { ...loaded, invalid }, validIn(previous));
  return { loaded, changes, isDescendant, refusals };
}

/** Locked machines that foreign commits changed. */
function lockedIn(changes: TakenUp['changes'], tip: FleetTip, previous: FleetTip): readonly InvalidFile[] {
  const serials = changes.flatMap((change) => ('serial' in change ? [change.serial] : []));
  return [...new Set(serials)].flatMap((serial) => {
    const [before, after] = [previous.fleet.host(serial), tip.fleet.host(serial)];
    try {
      if (diffHosts(before, after).length > 0) requireLockKept(before, after);
      return [];
    } catch (error) {
      if (error instanceof HostLocked) return [{ key: serial, error }];
      throw error;
    }
  });
}

/** What a record was before it was made invalid; undefined where it never was valid. */
interface LastValid {
  readonly host: (serial: Serial) => Host | undefined;
  readonly record: (kind: RecordKind, key: RecordName) => object | undefined;
}

function validIn(tip: FleetTip): LastValid {
  return { host: (serial) => tip.fleet.host(serial), record: (_, key) => tip.record(key) };
}

/**
 * Each invalid record is again as it last was, and one that never was valid leaves. In the tip they are so at once. Files of
 * valid ones that are not in their place move there.
 */
function refuseInvalid(
  kinds: Kinds,
  { tip, invalid, strays }: Pick<LoadedTip, 'tip' | 'invalid' | 'strays'>,
  lastValid: LastValid,
): Refusals {
  const changes: HostChange[] = [];
  const records: RecordChange[] = [];
  const astray = new Map<RecordName, string[]>();
  for (const { key, path } of strays) astray.set(key, [...(astray.get(key) ?? []), path]);
  const takeStrays = (key: RecordName): readonly string[] => {
    const paths = astray.get(key) ?? [];
    astray.delete(key);
    return paths;
  };
  for (const { key, error } of invalid) {
    if (!isRecordName(key)) {
      const host = withFreeAddress(lastValid.host(key), tip);
      if (host) tip.fleet.put(host);
      const what = wordsWith('edit-refused', error.message);
      changes.push(host ? { host, what } : { host: newHost(key), what, retired: true });
      continue;
    }
    const kind = kindOf(kinds, key);
    if (!kind) continue;
    const record = lastValid.record(kind, key);
    tip.putRecord(key, record);
    records.push({
      ...recordChange(kind, key, { record, code: 'edit-refused', detail: error.message }),
      strays: takeStrays(key),
    });
  }
  const moves = [...astray].flatMap(([name, paths]) => {
    const kind = kindOf(kinds, name);
    return kind ? [{ kind, name, strays: paths }] : [];
  });
  return { changes, records, moves };
}

/**
 * The tip with what puts right the files that an operator committed while imago was stopped, and that are no records, or not
 * in their place.
 */
export function settleInvalid(
  reader: ObjectReader,
  kinds: Kinds,
  head: ObjectId,
  found: FoundFiles,
  loaded: LoadedTip,
): { loaded: LoadedTip; refusals: Refusals } {
  if (loaded.invalid.length + loaded.strays.length === 0) return { loaded, refusals: NO_REFUSALS };
  const own = lastOwnCommit(reader, head);
  const previous = own === undefined || own === head ? undefined : loadTip(reader, kinds, own).tip;
  if (!previous) {
    const lastValid: LastValid = {
      host: (serial) => lastValidHost(reader, head, serial),
      record: (kind, key) => lastValidRecord(reader, head, kind, key),
    };
    return { loaded, refusals: refuseInvalid(kinds, loaded, lastValid) };
  }
  const again = loadTip(reader, kinds, head, { found, previous });
  return { loaded: again, refusals: refuseInvalid(kinds, again, validIn(previous)) };
}

/** What a host goes back to may be somebody else's by now. */
function withFreeAddress(host: Host | undefined, { fleet }: FleetTip): Host | undefined {
  if (host?.internalAddress === undefined || !fleet.hostByAddress(host.internalAddress)) return host;
  const { internalAddress: _, ...rest } = host;
  return rest;
}

/** The newest commit that imago wrote: everything in it was valid. */
function lastOwnCommit(reader: ObjectReader, head: ObjectId): ObjectId | undefined {
  let id: ObjectId | undefined = head;
  for (let count = 0; id !== undefined && count < FARTHEST; count += 1) {
    const commit: Commit = decodeCommit(reader.readAs('commit', id));
    if (commit.committer.email === 'imago@imago') return id;
    id = commit.parents[0];
  }
  return undefined;
}

/** The newest version of a host's file, before the head, that could be read as a host. */
export function lastValidHost(reader: ObjectReader, head: ObjectId, serial: Serial): Host | undefined {
  return lastValid(reader, head, hostPath(serial), (file) => hostIn(reader, serial, file));
}

/** The newest version of a record's file, before the head, that could be read as one. */
export function lastValidRecord(
  reader: ObjectReader,
  head: ObjectId,
  kind: RecordKind,
  key: RecordName,
): object | undefined {
  const path = recordPath(kind, partsOfName(key).name);
  return lastValid(reader, head, path, (file) => recordIn(reader, kind, key, file));
}

function lastValid<T>(
  reader: ObjectReader,
  head: ObjectId,
  path: string,
  read: (file: RawId) => T | undefined,
): T | undefined {
  let id: ObjectId | undefined = head;
  let seen: ObjectId | undefined;
  for (let count = 0; id !== undefined && count < FARTHEST; count += 1) {
    const commit: Commit = decodeCommit(reader.readAs('commit', id));
    const file = fileAt(reader, commit, path);
    if (file !== undefined && file !== seen) {
      const record = read(Buffer.from(file, 'hex'));
      if (record) return record;
    }
    seen = file;
    id = commit.parents[0];
  }
  return undefined;
}

/** The host as a file has it; undefined when it cannot be read as one. */
export function hostIn(reader: ObjectReader, serial: Serial, file: RawId | undefined): Host | undefined {
  if (!file) return undefined;
  try {
    const path = hostPath(serial);
    return parseHostContent(readHostBlob(reader, file, path), path);
  } catch (error) {
    if (error instanceof ImagoError) return undefined;
    throw error;
  }
}

/** The host as a commit has it. */
export function hostAt(reader: ObjectReader, commit: ObjectId, serial: Serial): Host | undefined {
  const file = fileAt(reader, decodeCommit(reader.readAs('commit', commit)), hostPath(serial));
  return file === undefined ? undefined : hostIn(reader, serial, Buffer.from(file, 'hex'));
}

/** Oldest first; undefined when `since` is not found among the ancestors. */
export function commitsSince(
  reader: ObjectReader,
  head: ObjectId,
  since: ObjectId | undefined,
): readonly ObjectId[] | undefined {
  const commits: ObjectId[] = [];
  let id: ObjectId | undefined = head;
  while (id !== undefined && id !== since) {
    if (commits.length >= FARTHEST) return undefined;
    commits.push(id);
    id = decodeCommit(reader.readAs('commit', id)).parents[0];
  }
  return id === since ? commits.reverse() : undefined;
}

/** What one commit did to records. */
export function changesOf(reader: ObjectReader, kinds: Kinds, id: ObjectId): TakenUp['changes'] {
  const commit = decodeCommit(reader.readAs('commit', id));
  const parent = commit.parents[0];
  const before = parent === undefined ? undefined : decodeCommit(reader.readAs('commit', parent)).tree;
  return changedFiles(reader, kinds, before, commit.tree).map((file, _, all) => {
    const { key } = file;
    const what = whatOf(commit.message, key);
    const { time, name: author } = commit.author;
    const facts = { revision: revisionOf(id, key, all.length > 1), commit: id, time, author, what };
    if (!isRecordName(key)) {
      const [host, old] = [file.after, file.before].map((blob) => hostIn(reader, key, blob));
      return { ...facts, serial: key, host, before: old };
    }
    const kind = kindOf(kinds, key);
    const [record, old] = [file.after, file.before].map((blob) => kind && recordIn(reader, kind, key, blob));
    return { ...facts, ...partsOfName(key), code: kind && recordCodeOf(kind, what), record, before: old };
  });
}

export function keyOfChange(change: RecordedChange | RecordEvent): RecordKey {
  return 'serial' in change ? change.serial : `${change.kind}/${change.name}`;
}

/** A commit's first line, without the record's key that imago puts in front. */
export function whatOf(message: string, key: RecordKey): string {
  const [subject = ''] = message.split('\n', 1);
  return subject.startsWith(`${key}: `) ? subject.slice(key.length + 2) : subject;
}
