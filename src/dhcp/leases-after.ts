import type { Lease, LeaseEffect } from './lease.js';
import { isMoreThan, type LeaseView } from './lease-table.js';

/** The leases as they would be if a client had been answered so. Effects other than a grant or a chain are left aside. */
export function leasesAfter(leases: LeaseView, effect: LeaseEffect): LeaseView {
  if (effect.kind === 'chain') {
    const { key, chain } = effect;
    return { ...viewOf(leases), chainOf: (other) => (other === key ? chain : leases.chainOf(other)) };
  }
  if (effect.kind !== 'offer' && effect.kind !== 'bind') return leases;
  const { address, key } = effect.grant;
  if (effect.kind === 'offer' && isMoreThan(leases.at(address), effect.grant)) return leases;
  const granted: Lease = { ...effect.grant, state: effect.kind === 'bind' ? 'bound' : 'offered' };
  return {
    ...viewOf(leases),
    find: (network, other) => (other === key ? granted : leases.find(network, other)),
    at: (other) => (other === address ? granted : leases.at(other)),
    candidate: (network, other, wanted, now) =>
      leases.candidate(network, other, other === key ? address : wanted, now),
  };
}

/** A copy whose parts can be replaced. */
function viewOf(leases: LeaseView): LeaseView {
  return {
    find: (network, key) => leases.find(network, key),
    at: (address) => leases.at(address),
    candidate: (network, key, wanted, now) => leases.candidate(network, key, wanted, now),
    liveAtPort: (relayPort, now) => leases.liveAtPort(relayPort, now),
    chainOf: (key) => leases.chainOf(key),
    onDiskUntil: leases.onDiskUntil,
  };
}
