import type { IdentifyBy, LeaseEffect } from './lease.js';
import type { DhcpReply } from './reply.js';
import type { PoolSettings } from './lease-pool.js';
import type { LeaseView } from './lease-table.js';
import type { DhcpMessage } from './message.js';
import type { Ipv4 } from '../net/ipv4.js';

/** Why a message gets no answer. A closed set: it labels a metric. */
export type IgnoreReason =
  | 'not-a-request'
  | 'no-message-type'
  | 'unknown-message-type'
  | 'no-client-identity'
  | 'malformed'
  | 'fault'
  | 'no-subnet'
  | 'denied'
  | 'other-server'
  | 'unknown-client'
  | 'not-the-holder'
  | 'pool-exhausted'
  | 'leases-not-written'
  | 'relay-port-full'
  | 'not-a-pxe-client'
  | 'nothing-to-boot'
  | 'released'
  | 'declined'
  | 'declined-too-often';

/** A client that wants to boot, and that there is no program for. */
export interface UnservedClient {
  /** As they are shown. */
  readonly machine: string;
  /** Option 93, and what the vendor class says. */
  readonly codes: readonly number[];
  readonly architecture: string | undefined;
}

/** What is answered to a message, and what becomes of the leases. */
export type DhcpDecision =
  | {
      readonly kind: 'reply';
      readonly reply: DhcpReply;
      readonly effect?: LeaseEffect;
      /** Set where another client had the address before: see that it is silent before it is offered. */
      readonly probe?: Ipv4;
      /** What the client boots, for the log. */
      readonly boots?: string;
      readonly unserved?: UnservedClient;
    }
  | {
      readonly kind: 'ignore';
      readonly reason: IgnoreReason;
      readonly effect?: LeaseEffect;
      /** Which network or relay it was about, for the log. */
      readonly about?: string;
      readonly unserved?: UnservedClient;
    };

/** The socket that a message came in on. */
export type ListeningPort = 'server' | 'proxy';

/** Everything that the server does not know by itself: what to answer, and which addresses there are. */
export interface DhcpPolicy {
  readonly pools: readonly PoolSettings[];
  /** Whether port 4011 is served beside 67. */
  readonly proxyPort: boolean;
  readonly declineSeconds: number;
  readonly identifyBy: IdentifyBy;
  /** Whether to answer those who look for an IPv6 router, see RouterAdvertiser. */
  readonly routerAdvertisement: boolean;
  decide(request: DhcpMessage, port: ListeningPort, leases: LeaseView, now: number): DhcpDecision;
}
