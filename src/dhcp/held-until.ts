import type { LeaseEffect } from './lease-effect.js';
import type { Lease } from './lease.js';

/**
 * Until when the client whom an effect gives an address has it already, in milliseconds since 1970; 0 for not at all.
 * @param known the lease at that address before.
 */
export function heldUntil(known: Lease | undefined, effect: LeaseEffect): number {
  if (effect.kind !== 'bind' || known?.state !== 'bound' || known.key !== effect.grant.key) return 0;
  return known.expiresAt;
}
