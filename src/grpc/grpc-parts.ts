import type { ImagoError } from '../errors.js';
import type { LimitName } from '../limits.js';
import type { CertificateFiles } from '../tls/certificates.js';
import type { Method } from './method.js';
import type { GrpcStatus } from './status.js';

/** What is told of a server's work. */
export interface GrpcObserver {
  /** @param call as in `rpcpb.Groups/GroupPut` */
  called(call: string, status: GrpcStatus, seconds: number): void;
  /** A connection that came to no call, by reason. */
  turnedAway(reason: TurnedAway): void;
  reach(limit: LimitName, facts: object): void;
}

/** Why a connection was closed before its first call: its TLS, in time or not, or its certificate. */
export type TurnedAway = 'tls' | 'handshake-time' | 'no-certificate' | 'foreign-certificate';

export interface GrpcLog {
  info(facts: object, message: string): void;
  warn(facts: object, message: string): void;
  error(facts: object, message: string): void;
}

export interface GrpcLimits {
  readonly connections: number;
  readonly connectionsPerAddress: number;
  readonly calls: number;
  readonly callsPerAddress: number;
  /** From the first byte of a call to the last one of its answer. */
  readonly callSeconds: number;
  /** How long a connection may be without a call. */
  readonly idleSeconds: number;
}

export interface GrpcServerParts {
  readonly address: string;
  readonly port: number;
  /** The setting of the port, for messages. */
  readonly setting: string;
  /** Without certificates callers are neither known nor protected. */
  readonly tls?: CertificateFiles | undefined;
  readonly methods: readonly Method[];
  /** The status of an error that a method throws. */
  readonly statusOf: (error: ImagoError) => GrpcStatus;
  /** Of one message that comes in. */
  readonly messageBytes: number;
  /** As they stand now. */
  readonly limits: () => GrpcLimits;
  readonly observer: GrpcObserver;
  readonly log: GrpcLog;
  /** In milliseconds, forwards only. */
  readonly clock: () => number;
  readonly times?: Partial<GrpcTimes>;
}

/** What is no setting, in milliseconds. */
export interface GrpcTimes {
  readonly handshake: number;
  /** From a connection's beginning to its first call. */
  readonly silent: number;
  /** Given to calls that are under way when imago stops, or other certificates hold. */
  readonly drain: number;
}
