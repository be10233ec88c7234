import { ImagoError } from '../../errors.js';
import type { Host } from '../../host/host.js';
import type { FleetView, HostChange } from '../../host/host-store.js';
import { diffHosts, mergeEdit } from '../../host/host-diff.js';
import { requireLockKept } from '../../host/lock.js';
import { changeWords } from '../../host/change-words.js';
import type { Serial } from '../../host/serial.js';
import { decodeCommit } from '../../git/commit.js';
import type { ObjectId, RawId } from '../../git/object.js';
import type { FleetTip } from '../fleet-tip.js';
import { parseHostContent, readHostBlob } from '../host-file.js';
import { hostPath, isRecordName, kindOf, type Kinds, type RecordKey, type RecordName } from '../layout.js';
import type { ObjectReader } from '../../git/object-reader.js';
import {
  isSameRecord,
  mergeRecord,
  readRecord,
  recordChange,
  recordIn,
  type RecordChange,
} from '../record-file.js';
import { hostIn, lastValidHost, lastValidRecord } from '../take-up.js';
import { changedFiles, type ChangedFile } from '../tree-diff.js';

/** What commits made elsewhere ask of the fleet. */
export interface RemoteChanges {
  readonly changes: readonly HostChange[];
  readonly records: readonly RecordChange[];
  /** By record, why what was made of it there is not taken in; undefined where it is. */
  readonly refusals: ReadonlyMap<RecordKey, string | undefined>;
}

/** What is no valid record is refused, with its file and line. @param base the last commit that both have. */
export function remoteChanges(
  reader: ObjectReader,
  kinds: Kinds,
  base: ObjectId,
  theirs: ObjectId,
  tip: Pick<FleetTip, 'fleet' | 'record'>,
): RemoteChanges {
  const treeOf = (id: ObjectId): ObjectId => decodeCommit(reader.readAs('commit', id)).tree;
  const refusals = new Map<RecordKey, string | undefined>();
  const changes: HostChange[] = [];
  const records: RecordChange[] = [];
  for (const { key, ...file } of changedFiles(reader, kinds, treeOf(base), treeOf(theirs))) {
    try {
      if (isRecordName(key)) records.push(...recordChangesOf(reader, kinds, { key, ...file }, base, tip));
      else changes.push(...hostChangesOf(reader, { key, ...file }, base, tip.fleet));
      refusals.set(key, undefined);
    } catch (error) {
      if (!(error instanceof ImagoError)) throw error;
      refusals.set(key, error.message);
    }
  }
  return { changes, records, refusals };
}

/** One change, or none. */
function recordChangesOf(
  reader: ObjectReader,
  kinds: Kinds,
  { key, before, after }: ChangedFile<RecordName>,
  base: ObjectId,
  tip: Pick<FleetTip, 'record'>,
): readonly RecordChange[] {
  const kind = kindOf(kinds, key);
  if (!kind) return [];
  const current = tip.record(key);
  if (after === undefined)
    return current ? [recordChange(kind, key, { record: undefined, code: 'removed-elsewhere' })] : [];
  const edited = readRecord(reader, kind, key, after);
  const known = recordIn(reader, kind, key, before) ?? (before && lastValidRecord(reader, base, kind, key));
  const record = mergeRecord(kind, key, known, edited, current);
  if (isSameRecord(kind, current, record)) return [];
  return [recordChange(kind, key, { record, code: 'changed-elsewhere' })];
}

/** One change, or none. */
function hostChangesOf(
  reader: ObjectReader,
  { key: serial, before, after }: ChangedFile<Serial>,
  base: ObjectId,
  fleet: FleetView,
): readonly HostChange[] {
  const current = fleet.host(serial);
  if (after === undefined) {
    requireLockKept(current, undefined);
    return current ? [{ host: current, what: changeWords['retired-elsewhere'], retired: true }] : [];
  }
  const edited = validHost(reader, serial, after, fleet);
  // A correction of what was refused is measured by what was valid before it.
  const known = hostIn(reader, serial, before) ?? (before && lastValidHost(reader, base, serial));
  const host = mergeEdit(known, edited, current);
  if (diffHosts(current, host).length > 0) requireLockKept(current, host);
  return [{ host, what: changeWords['changed-elsewhere'] }];
}

function validHost(reader: ObjectReader, serial: Serial, file: RawId, fleet: FleetView): Host {
  const path = hostPath(serial);
  const host = parseHostContent(readHostBlob(reader, file, path), path);
  const holder = host.internalAddress === undefined ? undefined : fleet.hostByAddress(host.internalAddress);
  if (host.serial !== serial) throw new MisplacedHost(path, `it is of ${host.serial}`);
  if (holder && holder.serial !== serial)
    throw new MisplacedHost(path, `it has the address of ${holder.serial}`);
  return host;
}

class MisplacedHost extends ImagoError {
  readonly code = 'MISPLACED_HOST';

  constructor(path: string, reason: string) {
    super(`${path}: ${reason}: correct it there`);
  }
}
