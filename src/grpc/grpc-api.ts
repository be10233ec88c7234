import type { ImagoError } from '../errors.js';
import type { Method } from './method.js';
import type { GrpcStatus } from './status.js';

/** What is called by gRPC, at a listener of its own. */
export interface GrpcApi {
  readonly name: 'matchbox' | 'pxe-init';
  readonly methods: readonly Method[];
  /** The status of an error that a method throws. */
  readonly statusOf: (error: ImagoError) => GrpcStatus;
  /** Of one message that comes in. */
  readonly messageBytes: number;
}
