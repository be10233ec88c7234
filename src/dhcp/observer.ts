import type { IgnoreReason } from './decision.js';
import type { Lease } from './lease.js';
import type { DhcpMessage } from './message.js';

/** Told of what the server does, for metrics and alarms. Called in the middle of answering: be quick, do not throw. */
export interface DhcpObserver {
  /** `type` is the name of a message type, or `unknown`. */
  received(type: string): void;
  /** A request that is answered, as it came. */
  answering?(request: DhcpMessage): void;
  replied(type: string): void;
  ignored(reason: IgnoreReason): void;
  /** An option was left out of a message that was taken: its number, or `82.5` for a part of one. */
  optionLeftOut(option: string): void;
  /** A client that wants to boot got nothing: there is no boot loader for it. */
  nothingToBoot(): void;
  /** A lease was granted, given back or set aside, and this is durable or about to be. */
  leaseChanged(lease: Lease): void;
  /** No address is left on this network for a client that asked. */
  poolExhausted(network: string): void;
  /** One shared flush of the lease journal. */
  flushed(leases: number, seconds: number): void;
  /** The disk refused to take leases. They are tried again: it is told of each time. */
  journalFailed(error: Error): void;
  sendFailed(error: Error): void;
}

/** What of a logger is needed; pino's fits. */
export interface DhcpLog {
  isLevelEnabled(level: string): boolean;
  debug(facts: object, message: string): void;
  info(facts: object, message: string): void;
  warn(facts: object, message: string): void;
  error(facts: object, message: string): void;
}
