import { ImagoError } from '../../errors.js';
import type { Host } from '../../host/host.js';
import type { FleetView, HostChange } from '../../host/host-store.js';
import { diffHosts, mergeEdit } from '../../host/host-diff.js';
import { requireLockKept } from '../../host/lock.js';
import { changeWords } from '../../host/change-words.js';
import type { Serial } from '../../host/serial.js';
import { decodeCommit } from '../../git/commit.js';
import type { ObjectId, RawId } from '../../git/object.js';
import { parseHostContent, readHostBlob } from '../host-file.js';
import { hostPath } from '../layout.js';
import type { ObjectReader } from '../../git/object-reader.js';
import { hostIn, lastValidHost } from '../take-up.js';
import { changedHosts, type ChangedHost } from '../tree-diff.js';

/** What commits made elsewhere ask of the fleet. */
export interface RemoteChanges {
  readonly changes: readonly HostChange[];
  /** By host, why what was made of it there is not taken in; undefined where it is. */
  readonly refusals: ReadonlyMap<Serial, string | undefined>;
}

/** What is no valid host is refused, with its file and line. @param base the last commit that both have. */
export function remoteChanges(
  reader: ObjectReader,
  base: ObjectId,
  theirs: ObjectId,
  fleet: FleetView,
): RemoteChanges {
  const treeOf = (id: ObjectId): ObjectId => decodeCommit(reader.readAs('commit', id)).tree;
  const refusals = new Map<Serial, string | undefined>();
  const changes = changedHosts(reader, treeOf(base), treeOf(theirs)).flatMap((file) => {
    try {
      const change = changeOf(reader, file, base, fleet);
      refusals.set(file.serial, undefined);
      return change ?? [];
    } catch (error) {
      if (!(error instanceof ImagoError)) throw error;
      refusals.set(file.serial, error.message);
      return [];
    }
  });
  return { changes, refusals };
}

function changeOf(
  reader: ObjectReader,
  { serial, before, after }: ChangedHost,
  base: ObjectId,
  fleet: FleetView,
): HostChange | undefined {
  const current = fleet.host(serial);
  if (after === undefined) {
    requireLockKept(current, undefined);
    return current && { host: current, what: changeWords['retired-elsewhere'], retired: true };
  }
  const edited = validHost(reader, serial, after, fleet);
  // A correction of what was refused is measured by what was valid before it.
  const known = hostIn(reader, serial, before) ?? (before && lastValidHost(reader, base, serial));
  const host = mergeEdit(known, edited, current);
  if (diffHosts(current, host).length > 0) requireLockKept(current, host);
  return { host, what: changeWords['changed-elsewhere'] };
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
