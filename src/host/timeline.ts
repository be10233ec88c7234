import type { HistoryEntry } from './host-store.js';
import type { HostState } from './lifecycle.js';

/** A stay in one state. */
export interface Stay {
  readonly state: HostState;
  readonly since: Date;
  /** Whole seconds; until now for the last one. Never below zero, whatever the clock did. */
  readonly seconds: number;
}

/**
 * How long a machine was in each state, oldest first.
 * @param history newest first, as the store tells it
 */
export function timelineOf(history: readonly HistoryEntry[], now: Date): readonly Stay[] {
  // One that was retired is in no state: that ends the last stay.
  const arrivals = [...history]
    .reverse()
    .filter(({ state }, index, all) => index === 0 || state !== all[index - 1]?.state);
  return arrivals.flatMap(({ state, time }, index) => {
    const end = arrivals[index + 1]?.time ?? now;
    const seconds = Math.max(0, Math.round((end.getTime() - time.getTime()) / 1000));
    return state === undefined ? [] : [{ state, since: time, seconds }];
  });
}
