import { expect } from 'chai';
import type { HistoryEntry, Revision } from '../../../src/host/host-store.js';
import type { HostState } from '../../../src/host/lifecycle.js';
import { timelineOf } from '../../../src/host/timeline.js';

const begin = Date.UTC(2026, 10, 21, 10);
const at = (seconds: number) => new Date(begin + seconds * 1000);

/** @param past oldest first; without a state it was retired */
const history = (...past: readonly (readonly [seconds: number, state: HostState | undefined])[]) =>
  past
    .map(([seconds, state]): HistoryEntry => ({
      revision: 'r' as Revision,
      commit: 'c',
      author: 'a',
      what: 'w',
      time: at(seconds),
      state,
    }))
    .reverse();

describe('how long a machine was in each state', () => {
  for (const { name, past, now, want } of [
    {
      name: 'until the next one, and the last until now',
      past: history([0, 'unknown'], [5, 'configured']),
      now: 65,
      want: ['unknown 0+5', 'configured 5+60'],
    },
    {
      name: 'changes of the same state are one stay',
      past: history([0, 'running'], [5, 'running'], [9, 'running']),
      now: 10,
      want: ['running 0+10'],
    },
    {
      name: 'one that was retired is in none until it comes again',
      past: history([0, 'running'], [10, undefined], [30, 'unknown']),
      now: 31,
      want: ['running 0+10', 'unknown 30+1'],
    },
    {
      name: 'whole seconds, to the nearest',
      past: history([0, 'unknown'], [1.6, 'configured']),
      now: 3,
      want: ['unknown 0+2', 'configured 1.6+1'],
    },
    {
      name: 'a clock that was put back makes none below zero',
      past: history([100, 'unknown'], [40, 'configured']),
      now: 40,
      want: ['unknown 100+0', 'configured 40+0'],
    },
    { name: 'nothing where nothing happened', past: [], now: 0, want: [] },
  ]) {
    it(name, () => {
      const stays = timelineOf(past, at(now));
      expect(
        stays.map(({ state, since, seconds }) => `${state} ${(since.getTime() - begin) / 1000}+${seconds}`),
      ).to.deep.equal(want);
    });
  }
});
