import type { HostStore } from '../host/host-store.js';
import { tryParseIpv4 } from '../net/ipv4.js';
import type { LeaseBook } from './lease-book.js';

/** Whose address is a host’s, or leased now or before. */
export function knownAddresses(
  store: Pick<HostStore, 'hostByAddress'>,
  leases: Pick<LeaseBook, 'macOfAddress' | 'lastHolder'>,
): (address: string) => boolean {
  return (text) => {
    const address = tryParseIpv4(text);
    if (address === undefined) return false;
    return (
      leases.macOfAddress(address) !== undefined ||
      leases.lastHolder(address) !== undefined ||
      store.hostByAddress(address) !== undefined
    );
  };
}
