import type { Ipv4 } from '../net/ipv4.js';
import type { SessionOutcome } from './session.js';

export interface TransferReport {
  readonly client: Ipv4;
  /** Printable, as the client wrote it otherwise. */
  readonly filename: string;
  /** Octets the client has confirmed. */
  readonly bytes: number;
  readonly seconds: number;
  readonly outcome: SessionOutcome;
}

export type RefusalReason =
  | 'not-found'
  | 'forbidden'
  | 'write'
  | 'mode'
  | 'options'
  | 'client-limit'
  | 'total-limit'
  | 'unreadable';

/** What metrics and the event stream want to know. Nothing here may throw. */
export interface TftpObserver {
  onTransfer(report: TransferReport): void;
  onRefused(client: Ipv4, reason: RefusalReason): void;
  onMalformed(client: Ipv4): void;
  /** Nobody has the file, by the name that the client wrote. */
  onMissing?(client: Ipv4, filename: string): void;
}

/** Facts first, as pino has it. */
export interface TftpLogger {
  debug(facts: object, message: string): void;
  info(facts: object, message: string): void;
  warn(facts: object, message: string): void;
}

export const silentObserver: TftpObserver = {
  onTransfer: () => undefined,
  onRefused: () => undefined,
  onMalformed: () => undefined,
};

export const silentLogger: TftpLogger = {
  debug: () => undefined,
  info: () => undefined,
  warn: () => undefined,
};
