import { ImagoError } from '../errors.js';

/** A change could not be made durable; nothing of it holds. Reads go on. */
export class StoreUnavailable extends ImagoError {
  readonly code = 'STORE_UNAVAILABLE';

  constructor(
    reason: string,
    readonly kind: 'full' | 'unavailable' = 'unavailable',
    options?: ErrorOptions,
  ) {
    super(`the change could not be recorded: ${reason}`, { kind }, options);
  }
}
