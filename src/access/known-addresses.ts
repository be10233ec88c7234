import type { HostStore } from '../host/host-store.js';
import type { Ipv4 } from '../net/ipv4.js';
import type { LeaseBook } from './lease-book.js';

/** Whose address is a host’s, or leased now or before. */
export function knownAddresses(
  store: Pick<HostStore, 'hostByAddress'>,
  leases: Pick<LeaseBook, 'macOfAddress' | 'lastHolder'>,
): (address: Ipv4) => boolean {
  return (address) =>
    leases.macOfAddress(address) !== undefined ||
    leases.lastHolder(address) !== undefined ||
    store.hostByAddress(address) !== undefined;
}
