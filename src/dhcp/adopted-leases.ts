import { keyByMac, type IdentifyBy } from './client-key.js';
import type { Lease } from './lease.js';

/**
 * Leases as they are taken up again: under the keys that clients are known by now, and so that the last one of each client
 * comes last. Journals of versions that trusted client identifiers hold several of one machine.
 */
export function adoptedLeases(leases: Iterable<Lease>, identifyBy: IdentifyBy): Lease[] {
  return Array.from(leases, (lease) =>
    identifyBy === 'mac' ? { ...lease, key: keyByMac(lease.key, lease.mac) } : { ...lease },
  ).sort((a, b) => lastUse(a) - lastUse(b));
}

/** A declined address is kept from everyone for a while: its client has another one by now. */
function lastUse({ state, expiresAt }: Lease): number {
  return state === 'declined' ? 0 : expiresAt;
}
