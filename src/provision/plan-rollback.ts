import { diffHosts, rolledBack } from '../host/host-diff.js';
import type { Host } from '../host/host.js';
import { wordsWith } from '../host/change-words.js';
import type { EarlierHost } from '../host/host-archive.js';
import { briefly, type FleetView } from '../host/host-store.js';
import { AddressTaken, RollbackForbidden } from './errors.js';
import { checkAddress } from './check-address.js';

import type { HostPlan } from './host-steps.js';
import { profileNamed, type ProvisioningSettings } from './provisioning-settings.js';

/**
 * The settings of an earlier version again, as one change; none when they are so already.
 * @throws RollbackForbidden, AddressTaken, InvalidValue
 */
export function planRollback(
  fleet: FleetView,
  current: Host,
  { revision, host: earlier }: EarlierHost,
  settings: ProvisioningSettings,
): HostPlan {
  const { serial } = current;
  if (!earlier)
    throw new RollbackForbidden(serial, revision, 'that commit retired it: choose an earlier one');
  const next = rolledBack(current, earlier);
  if (current.state !== 'unknown' && (next.profile === undefined || next.internalAddress === undefined)) {
    throw new RollbackForbidden(
      serial,
      revision,
      `it had no ${next.internalAddress === undefined ? 'address' : 'profile'} yet, and it is ${current.state}: choose a later one`,
    );
  }
  if (next.profile !== undefined && next.profile !== current.profile) profileNamed(next.profile, settings);
  const address = next.internalAddress;
  if (address !== undefined && address !== current.internalAddress)
    checkAddress(fleet, serial, address, settings);
  refuseTakenExtras(fleet, next, current);
  const isSame = diffHosts(current, next).length === 0;
  const changes = isSame ? [] : [{ host: next, what: wordsWith('rolled-back', briefly(revision)) }];
  return { host: isSame ? current : next, changes, warnings: [] };
}

function refuseTakenExtras(fleet: FleetView, next: Host, current: Host): void {
  for (const [name, address] of Object.entries(next.extraAddresses ?? {})) {
    if (address === current.extraAddresses?.[name]) continue;
    for (const other of fleet.hosts()) {
      if (other.serial !== next.serial && Object.values(other.extraAddresses ?? {}).includes(address))
        throw new AddressTaken(address, other.serial);
    }
  }
}
