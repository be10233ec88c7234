import { ImagoError } from '../../errors.js';

/** A client that changes more than any machine has to. */
export class TooManyWrites extends ImagoError {
  readonly code = 'TOO_MANY_WRITES';

  constructor(client: string) {
    super(`${client} changes clusters of etcd discovery too often: ask again in a minute`, { client });
  }
}

/** Errors of etcd's v2 API by their number: what its clients act upon. */
const kinds = {
  100: { status: 404, message: 'Key not found' },
  103: { status: 403, message: 'Reached the max number of peers in the cluster' },
  105: { status: 412, message: 'Key already exists' },
  209: { status: 400, message: 'Invalid field' },
  300: { status: 500, message: 'Raft Internal Error' },
} as const;

export class EtcdError extends ImagoError {
  readonly code = 'ETCD_ERROR';

  constructor(
    readonly errorCode: keyof typeof kinds,
    /** Which key or field. */
    readonly reason: string,
    /** The registry's index at that time. */
    readonly index: number,
  ) {
    super(`${kinds[errorCode].message}: ${reason}`, { errorCode, reason });
  }

  get status(): number {
    return kinds[this.errorCode].status;
  }

  /** As etcd writes it. */
  toJSON() {
    return {
      errorCode: this.errorCode,
      message: kinds[this.errorCode].message,
      cause: this.reason,
      index: this.index,
    };
  }
}
