import type { MacAddress } from '../net/mac-address.js';
import type { Host } from './host.js';

/**
 * The network cards that tell the host from others: those it held leases by, or an operator gave it. Of a host that never had
 * any (imago leases nothing, or did not keep them then), what it reported.
 */
export function cardsOf(host: Host): readonly MacAddress[] {
  return host.cards ?? notedMacs(host);
}

/** What the machine said of its own cards, first the one that it booted with: believed of the machine itself alone. */
export function notedMacs({ bootMac, macAddresses }: Host): readonly MacAddress[] {
  if (bootMac === undefined || macAddresses[0] === bootMac) return macAddresses;
  return [bootMac, ...macAddresses.filter((mac) => mac !== bootMac)];
}
