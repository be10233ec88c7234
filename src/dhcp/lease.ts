import type { Ipv4 } from '../net/ipv4.js';
import type { MacAddress } from '../net/mac-address.js';
import type { ClientKey } from './client-key.js';

/**
 * offered: held for a client that was offered it · bound: the client has it · released: given back early ·
 * declined: in use by a stranger, kept away from everyone for a while.
 */
export type LeaseState = 'offered' | 'bound' | 'released' | 'declined';

/** One address and who has it. Past `expiresAt` anyone may get it, but its last holder is asked first. */
export interface Lease {
  readonly address: Ipv4;
  readonly key: ClientKey;
  readonly state: LeaseState;
  /** Milliseconds since 1970. */
  readonly expiresAt: number;
  readonly mac: MacAddress | undefined;
  /** What the client calls itself, cleaned; empty when it did not say. */
  readonly hostname: string;
  /** Giaddr and option 82's ids, see RelayAgent; empty for a client on the server's own network. */
  readonly relayPort: string;
  /** Until when an iPXE behind this lease is taken for the one that was handed out; 0 for not. Not kept over a restart. */
  readonly chainedUntil: number;
  /** How many addresses the client has found in use one after the other. Not kept over a restart. */
  readonly declines: number;
}

export function isLive(lease: Lease, now: number): boolean {
  return lease.expiresAt > now && lease.state !== 'released';
}
