import { ImagoError } from '../errors.js';
import { limits } from '../limits.js';
import type { WatcherLimit } from './watcher-shares.js';

export class TooManyWatchers extends ImagoError {
  readonly code = 'TOO_MANY_WATCHERS';

  constructor(limit: WatcherLimit, most: number) {
    const { bound, setting } = limits[limit];
    super(`${bound}: ${most} at most (${setting}): end some, or ask again later`, { limit, most });
  }
}
