import { ImagoError } from '../errors.js';

export class TooManyWatchers extends ImagoError {
  readonly code = 'TOO_MANY_WATCHERS';

  constructor(most: number) {
    super(`${most} programs watch already: end some, or ask again without a stream`, { most });
  }
}
