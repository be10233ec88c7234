import { expect } from 'chai';
import type { Event } from '../../../src/api/events.js';
import { eventsSince } from '../../../src/cli/commands/events.js';

const now = Date.parse('2026-11-21T03:00:00Z');
const event = (id: string, time: string): Event => ({ id, time, kind: 'change', serial: 'a', what: 'x' });
const events = [
  event('c1', '2026-11-21T02:00:00Z'),
  event('c2', '2026-11-21T02:50:00Z'),
  event('c3', '2026-11-21T02:59:00Z'),
];

describe('eventsSince', () => {
  const table = [
    { since: undefined, want: ['c1', 'c2', 'c3'] },
    { since: '15m', want: ['c2', 'c3'] },
    { since: '1h30m', want: ['c1', 'c2', 'c3'] },
    { since: '2026-11-21T02:55Z', want: ['c3'] },
    { since: 'c1', want: ['c2', 'c3'] },
    { since: 'c3', want: [] },
  ];
  for (const { since, want } of table) {
    it(`${since ?? 'nothing'}: ${want.join(' ') || 'none'}`, () =>
      expect(eventsSince(events, since, now).map(({ id }) => id)).to.deep.equal(want));
  }

  for (const since of ['soon', 'c9', '5']) {
    it(`refuses ${since}`, () =>
      expect(() => eventsSince(events, since, now)).to.throw('is no time and no event'));
  }
});
