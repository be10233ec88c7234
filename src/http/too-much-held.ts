import { ImagoError } from '../errors.js';
import { limits } from '../limits.js';

export type HeldLimit =
  | 'http-answers'
  | 'http-answers-per-address'
  | 'http-bodies'
  | 'http-bodies-per-address';

/** No room for an answer or a body. */
export class TooMuchHeld extends ImagoError {
  readonly code = 'TOO_MUCH_HELD';

  constructor(limit: HeldLimit) {
    const { bound, setting } = limits[limit];
    super(`${bound}: there is no more room now (${setting}): ask again when earlier calls have ended`, {
      limit,
    });
  }
}
