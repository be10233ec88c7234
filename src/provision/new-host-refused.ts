import { ImagoError } from '../errors.js';

export type RefusalReason = 'address' | 'minute' | 'lease';

/** A machine that is not known asks, and is not taken up now. Nothing is recorded; it may ask again. */
export class NewHostRefused extends ImagoError {
  readonly code = 'NEW_HOST_REFUSED';

  constructor(
    readonly reason: RefusalReason,
    message: string,
    facts: { readonly from: string; readonly limit?: number },
  ) {
    super(message, { reason, ...facts });
  }
}
