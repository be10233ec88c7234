import { networkInterfaces } from 'node:os';

/** Of all network interfaces of this computer, as it stands now. */
export function addressesOfThisComputer(): readonly string[] {
  return interfaces().map(({ address }) => address);
}

/** Those by which others may reach it: without loopback. */
export function outerAddressesOfThisComputer(): readonly string[] {
  return interfaces().flatMap(({ address, internal }) => (internal ? [] : [address]));
}

function interfaces() {
  return Object.values(networkInterfaces()).flatMap((list) => list ?? []);
}
