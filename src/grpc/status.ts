import { DecodeError, ImagoError } from '../errors.js';

/** How a call ended, as grpc.io/docs/guides/status-codes has it. */
export const grpcStatus = {
  OK: 0,
  CANCELLED: 1,
  UNKNOWN: 2,
  INVALID_ARGUMENT: 3,
  DEADLINE_EXCEEDED: 4,
  NOT_FOUND: 5,
  ALREADY_EXISTS: 6,
  RESOURCE_EXHAUSTED: 8,
  FAILED_PRECONDITION: 9,
  UNIMPLEMENTED: 12,
  INTERNAL: 13,
  UNAVAILABLE: 14,
  UNAUTHENTICATED: 16,
} as const;

export type GrpcStatus = keyof typeof grpcStatus;

/** A call that is answered with a status of its own choosing. */
export class CallRefused extends ImagoError {
  readonly code = 'CALL_REFUSED';

  constructor(
    readonly status: GrpcStatus,
    message: string,
  ) {
    super(message, { status });
  }
}

export interface Refusal {
  readonly status: GrpcStatus;
  readonly message: string;
  /** A fault of imago's own, which its log is to tell. */
  readonly isOurs: boolean;
}

/** Callers learn the sentence of errors that imago throws on purpose, and nothing of any other. */
export function refusalOf(error: unknown, statusOf: (error: ImagoError) => GrpcStatus): Refusal {
  if (error instanceof CallRefused) return { status: error.status, message: error.message, isOurs: false };
  if (error instanceof DecodeError) {
    return { status: 'INTERNAL', message: `error unmarshalling request: ${error.message}`, isOurs: false };
  }
  if (error instanceof ImagoError) {
    return { status: statusOf(error), message: error.message, isOurs: false };
  }
  return {
    status: 'UNKNOWN',
    message: 'imago failed to answer this: its log says why',
    isOurs: true,
  };
}

/** By its number; one that is not told here is none that imago gives. */
export function statusNamed(number: number): GrpcStatus {
  const [name = 'UNKNOWN'] = Object.entries(grpcStatus).find(([, code]) => code === number) ?? [];
  return name as GrpcStatus;
}
