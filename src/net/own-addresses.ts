import { networkInterfaces, type NetworkInterfaceInfo } from 'node:os';

/** Of all network interfaces of this computer, as it stood within the last second. */
export function addressesOfThisComputer(): readonly string[] {
  return interfaces().map(({ address }) => address);
}

/** Those by which others may reach it: without loopback. */
export function outerAddressesOfThisComputer(): readonly string[] {
  return interfaces().flatMap(({ address, internal }) => (internal ? [] : [address]));
}

const KEPT_MS = 1000;
let looked: { readonly at: number; readonly found: readonly NetworkInterfaceInfo[] } | undefined;

/** The system takes a quarter of a millisecond to tell, and each report of a machine asks: it is asked once a second. */
function interfaces(): readonly NetworkInterfaceInfo[] {
  const now = performance.now();
  if (looked === undefined || now - looked.at >= KEPT_MS)
    looked = { at: now, found: Object.values(networkInterfaces()).flatMap((list) => list ?? []) };
  return looked.found;
}
