import { InvalidValue } from '../errors.js';
import type { FleetView } from '../host/host-store.js';
import type { Serial } from '../host/serial.js';
import { formatIpv4, formatRange, rangeContains, type Ipv4 } from '../net/ipv4.js';
import { AddressTaken } from './errors.js';
import type { ProvisioningSettings } from './provisioning-settings.js';

/** Whether a host may have the address. @throws InvalidValue, AddressTaken */
export function checkAddress(
  fleet: FleetView,
  serial: Serial,
  address: Ipv4,
  { hostRange, promised }: ProvisioningSettings,
): void {
  if (!rangeContains(hostRange, address)) {
    throw new InvalidValue(
      'an address for a host',
      formatIpv4(address),
      `choose one of network.hostRange ${formatRange(hostRange)}`,
    );
  }
  const holder = fleet.hostByAddress(address)?.serial ?? promised.get(address);
  if (holder !== undefined && holder !== serial) throw new AddressTaken(address, holder);
}
