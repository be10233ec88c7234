import type { Event } from '../api/events.js';
import { showValue } from '../errors.js';
import { pointInTime } from './point-in-time.js';
import { UsageError } from './usage-error.js';

/**
 * Those after a point in time (`15m` ago, or an instant), or after the event of an id.
 * @throws UsageError when it is none of these
 */
export function eventsSince(events: readonly Event[], since: string | undefined, now: number): Event[] {
  if (since === undefined) return [...events];
  const position = events.findIndex(({ id }) => id === since);
  if (position >= 0) return events.slice(position + 1);
  const from = pointInTime(since, now);
  if (from === undefined) {
    throw new UsageError(
      `${showValue(since)} is no time and no event that the daemon remembers: write 15m, 2026-11-21T03:00Z, or an id`,
    );
  }
  return events.filter(({ time }) => Date.parse(time) >= from);
}
