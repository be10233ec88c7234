import type { Ipv4 } from '../net/ipv4.js';
import type { Chain } from './chain-memory.js';
import type { ClientKey } from './client-key.js';
import type { Lease } from './lease.js';

export type LeaseGrant = Omit<Lease, 'state'>;

/** What a decision wants done to the lease table. Times are milliseconds since 1970. */
export type LeaseEffect =
  | { readonly kind: 'offer'; readonly grant: LeaseGrant }
  | {
      readonly kind: 'bind';
      readonly grant: LeaseGrant;
      /** The client may be answered before this is durable: nobody else could get the address even if it were lost. */
      readonly atOnce?: boolean;
    }
  /** An offer that the client did not take. */
  | { readonly kind: 'withdraw'; readonly address: Ipv4; readonly at: number }
  | { readonly kind: 'release'; readonly address: Ipv4; readonly at: number }
  /** `byClient`: it was its client that found the address in use. */
  | {
      readonly kind: 'decline';
      readonly address: Ipv4;
      readonly until: number;
      readonly byClient: boolean;
    }
  /** A client without a lease here was given our iPXE for its own. */
  | { readonly kind: 'chain'; readonly key: ClientKey; readonly chain: Chain };
