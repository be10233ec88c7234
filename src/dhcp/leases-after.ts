import type { LeaseEffect } from './lease-effect.js';
import type { Lease } from './lease.js';
import type { LeaseView } from './lease-table.js';

/** The leases as they would be if a client had been answered so. Effects other than a grant are left aside. */
export function leasesAfter(leases: LeaseView, effect: LeaseEffect): LeaseView {
  if (effect.kind !== 'offer' && effect.kind !== 'bind') return leases;
  const { address, key } = effect.grant;
  const granted: Lease = { ...effect.grant, state: effect.kind === 'bind' ? 'bound' : 'offered' };
  return {
    find: (network, other) => (other === key ? granted : leases.find(network, other)),
    at: (other) => (other === address ? granted : leases.at(other)),
    candidate: (network, other, wanted, now) =>
      leases.candidate(network, other, other === key ? address : wanted, now),
    liveAtPort: (relayPort, now) => leases.liveAtPort(relayPort, now),
    chainOf: (other) => leases.chainOf(other),
  };
}
