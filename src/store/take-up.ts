import { ImagoError } from '../errors.js';
import { newHost, type Host } from '../host/host.js';
import type { HostChange, RecordedChange } from '../host/host-store.js';
import { diffHosts } from '../host/host-diff.js';
import { HostLocked, requireLockKept } from '../host/lock.js';
import { wordsWith } from '../host/change-words.js';
import type { Serial } from '../host/serial.js';
import type { FleetTip } from './fleet-tip.js';
import { decodeCommit, type Commit } from '../git/commit.js';
import type { ObjectId, RawId } from '../git/object.js';
import { parseHostContent, readHostBlob } from './host-file.js';
import { hostPath } from './layout.js';
import { loadTip, type InvalidFile, type LoadedTip } from './load-tip.js';
import type { ObjectReader } from '../git/object-reader.js';
import { revisionOf } from './revision.js';
import { fileAt } from './worktree/torn-checkout.js';
import type { FoundHosts } from './worktree/work-tree.js';
import { changedHosts } from './tree-diff.js';

/** A branch that somebody else moved, as the fleet sees it. */
export interface TakenUp {
  readonly loaded: LoadedTip;
  /** What the foreign commits did, oldest first. */
  readonly changes: readonly RecordedChange[];
  /** Whether the former head is among the ancestors: if not, history was rewritten. */
  readonly isDescendant: boolean;
  /** What puts right the files that could not be taken: the next commit. */
  readonly refusals: readonly HostChange[];
}

/** Commits followed back before history counts as rewritten. */
const FARTHEST = 10_000;

/** @throws DamagedObject */
export function takeUpCommits(reader: ObjectReader, head: ObjectId, previous: FleetTip): TakenUp {
  const loaded = loadTip(reader, head, { previous });
  const foreign = commitsSince(reader, head, previous.commit);
  const isDescendant = foreign !== undefined;
  const changes = (foreign ?? [head]).flatMap((id) => changesOf(reader, id));
  const invalid = [...loaded.invalid, ...lockedIn(changes, loaded.tip, previous)];
  const refusals = refuseInvalid({ ...loaded, invalid }, (serial) => previous.fleet.host(serial));
  return { loaded, changes, isDescendant, refusals };
}

/** Locked machines that foreign commits changed. */
function lockedIn(
  changes: readonly RecordedChange[],
  tip: FleetTip,
  previous: FleetTip,
): readonly InvalidFile[] {
  return [...new Set(changes.map(({ serial }) => serial))].flatMap((serial) => {
    const [before, after] = [previous.fleet.host(serial), tip.fleet.host(serial)];
    try {
      if (diffHosts(before, after).length > 0) requireLockKept(before, after);
      return [];
    } catch (error) {
      if (error instanceof HostLocked) return [{ serial, error }];
      throw error;
    }
  });
}

/**
 * The changes that undo what is invalid in a commit: each such host is again as it last was, and one that never was
 * valid leaves. In the tip they are so at once.
 */
function refuseInvalid(
  { tip, invalid }: LoadedTip,
  lastValid: (serial: Serial) => Host | undefined,
): readonly HostChange[] {
  return invalid.map(({ serial, error }) => {
    const host = withFreeAddress(lastValid(serial), tip);
    if (host) tip.fleet.put(host);
    const what = wordsWith('edit-refused', error.message);
    return host ? { host, what } : { host: newHost(serial), what, retired: true };
  });
}

/** The tip with what puts right the files that an operator committed while imago was stopped, and that are no hosts. */
export function settleInvalid(
  reader: ObjectReader,
  head: ObjectId,
  found: FoundHosts,
  loaded: LoadedTip,
): { loaded: LoadedTip; refusals: readonly HostChange[] } {
  if (loaded.invalid.length === 0) return { loaded, refusals: [] };
  const own = lastOwnCommit(reader, head);
  const previous = own === undefined || own === head ? undefined : loadTip(reader, own).tip;
  if (!previous)
    return { loaded, refusals: refuseInvalid(loaded, (serial) => lastValidHost(reader, head, serial)) };
  const again = loadTip(reader, head, { found, previous });
  return { loaded: again, refusals: refuseInvalid(again, (serial) => previous.fleet.host(serial)) };
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
  let id: ObjectId | undefined = head;
  let seen: ObjectId | undefined;
  for (let count = 0; id !== undefined && count < FARTHEST; count += 1) {
    const commit: Commit = decodeCommit(reader.readAs('commit', id));
    const file = fileAt(reader, commit, serial);
    if (file !== undefined && file !== seen) {
      const host = hostIn(reader, serial, Buffer.from(file, 'hex'));
      if (host) return host;
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
  const file = fileAt(reader, decodeCommit(reader.readAs('commit', commit)), serial);
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

/** What one commit did to hosts. */
export function changesOf(reader: ObjectReader, id: ObjectId): readonly RecordedChange[] {
  const commit = decodeCommit(reader.readAs('commit', id));
  const parent = commit.parents[0];
  const before = parent === undefined ? undefined : decodeCommit(reader.readAs('commit', parent)).tree;
  return changedHosts(reader, before, commit.tree).map((file, _, all) => ({
    revision: revisionOf(id, file.serial, all.length > 1),
    commit: id,
    time: commit.author.time,
    author: commit.author.name,
    serial: file.serial,
    what: whatOf(commit.message, file.serial),
    host: hostIn(reader, file.serial, file.after),
    before: hostIn(reader, file.serial, file.before),
  }));
}

/** A commit's first line, without the serial that imago puts in front. */
export function whatOf(message: string, serial: Serial): string {
  const [subject = ''] = message.split('\n', 1);
  return subject.startsWith(`${serial}: `) ? subject.slice(serial.length + 2) : subject;
}
