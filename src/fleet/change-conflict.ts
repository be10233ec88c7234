import { ImagoError } from '../errors.js';
import type { FleetView, HostChange } from '../host/host-store.js';
import type { Serial } from '../host/serial.js';
import { formatIpv4, type Ipv4 } from '../net/ipv4.js';

/** A change would give one address to two machines, or retire a machine that is not there. */
export class ChangeConflict extends ImagoError {
  readonly code = 'CHANGE_CONFLICT';
}

/**
 * The last line of defence before a commit: whatever was decided, no address is given twice.
 * @throws ChangeConflict
 */
export function refuseConflicts(fleet: FleetView, changes: readonly HostChange[]): void {
  const given = new Map<Ipv4, Serial>();
  const left = new Set<Serial>();
  for (const { host, retired } of changes) {
    if (retired) {
      left.add(host.serial);
      continue;
    }
    left.delete(host.serial);
    const address = host.internalAddress;
    if (address === undefined) continue;
    const holder = given.get(address) ?? fleet.hostByAddress(address)?.serial;
    if (holder !== undefined && holder !== host.serial && !left.has(holder)) {
      throw new ChangeConflict(
        `${formatIpv4(address)} is the address of ${holder}: it cannot become that of ${host.serial} as well`,
        { address: formatIpv4(address), serial: host.serial, holder },
      );
    }
    given.set(address, host.serial);
  }
}
