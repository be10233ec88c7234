import type { FleetView } from '../host/host-store.js';
import { rangeContains, rangeSize } from '../net/address-range.js';
import type { Ipv4 } from '../net/ipv4.js';
import type { ProvisioningSettings } from './provisioning-settings.js';

/** How many new machines still find an address. Looks at every host once. */
export function countFreeAddresses(fleet: FleetView, { hostRange, promised }: ProvisioningSettings): number {
  const taken = new Set<Ipv4>([...promised.keys()].filter((address) => rangeContains(hostRange, address)));
  for (const { internalAddress } of fleet.hosts()) {
    if (internalAddress !== undefined && rangeContains(hostRange, internalAddress))
      taken.add(internalAddress);
  }
  return rangeSize(hostRange) - taken.size;
}
