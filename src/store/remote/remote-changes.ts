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
import type { RefusedChanges } from './refused-changes.js';
import type { StoreLogger } from '../store-logger.js';
import { hostIn, lastValidHost } from '../take-up.js';
import { changedHosts, type ChangedHost } from '../tree-diff.js';

/** What commits made elsewhere ask of the fleet. What is no valid host is refused, with its file and line. */
export class RemoteChanges {
  constructor(
    private readonly reader: ObjectReader,
    private readonly refused: RefusedChanges,
    private readonly logger: StoreLogger,
  ) {}

  /** @param base the last commit that both have. */
  between(base: ObjectId, theirs: ObjectId, fleet: FleetView): readonly HostChange[] {
    const treeOf = (id: ObjectId): ObjectId => decodeCommit(this.reader.readAs('commit', id)).tree;
    const files = changedHosts(this.reader, treeOf(base), treeOf(theirs));
    const changes = files.flatMap((file) => this.#change(file, base, fleet));
    this.refused.save();
    return changes;
  }

  #change({ serial, before, after }: ChangedHost, base: ObjectId, fleet: FleetView): readonly HostChange[] {
    const current = fleet.host(serial);
    try {
      if (after === undefined) {
        requireLockKept(current, undefined);
        this.refused.delete(serial);
        return current ? [{ host: current, what: changeWords['retired-elsewhere'], retired: true }] : [];
      }
      const edited = this.#validHost(serial, after, fleet);
      // A correction of what was refused is measured by what was valid before it.
      const known =
        hostIn(this.reader, serial, before) ?? (before && lastValidHost(this.reader, base, serial));
      const host = mergeEdit(known, edited, current);
      if (diffHosts(current, host).length > 0) requireLockKept(current, host);
      this.refused.delete(serial);
      return [{ host, what: changeWords['changed-elsewhere'] }];
    } catch (error) {
      if (!(error instanceof ImagoError)) throw error;
      this.logger.error({ serial, error: error.message }, 'a change made elsewhere is not taken in');
      this.refused.set(serial, `a change made elsewhere is not taken in: ${error.message}`);
      return [];
    }
  }

  #validHost(serial: Serial, file: RawId, fleet: FleetView): Host {
    const path = hostPath(serial);
    const host = parseHostContent(readHostBlob(this.reader, file, path), path);
    const holder = host.internalAddress === undefined ? undefined : fleet.hostByAddress(host.internalAddress);
    if (host.serial !== serial) throw new MisplacedHost(path, `it is of ${host.serial}`);
    if (holder && holder.serial !== serial)
      throw new MisplacedHost(path, `it has the address of ${holder.serial}`);
    return host;
  }
}

class MisplacedHost extends ImagoError {
  readonly code = 'MISPLACED_HOST';

  constructor(path: string, reason: string) {
    super(`${path}: ${reason}: correct it there`);
  }
}
