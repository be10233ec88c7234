import { expect } from 'chai';
import { JustEnded, SILENT_AFTER_END_MS } from '../../../src/tftp/session-table.js';
import type { SessionOutcome } from '../../../src/tftp/session.js';

describe('N13: a transfer that ended a moment ago', () => {
  const table: { outcome: SessionOutcome; isSilent: boolean }[] = [
    { outcome: 'completed', isSilent: true },
    { outcome: 'declined', isSilent: true },
    { outcome: 'aborted', isSilent: true },
    { outcome: 'stopped', isSilent: true },
    { outcome: 'timed-out', isSilent: false },
    { outcome: 'evicted', isSilent: false },
    { outcome: 'failed', isSilent: false },
  ];
  for (const { outcome, isSilent } of table) {
    it(`${outcome}: ${isSilent ? 'nothing more is said' : 'its client may hear that it is gone'}`, () => {
      const ended = new JustEnded();
      ended.add(1, outcome, 100);
      expect(ended.has(1, 100)).to.equal(isSilent);
    });
  }

  it('is remembered for some seconds', () => {
    const ended = new JustEnded();
    ended.add(1, 'completed', 100);
    expect(ended.has(1, 99 + SILENT_AFTER_END_MS)).to.equal(true);
    expect(ended.has(1, 100 + SILENT_AFTER_END_MS)).to.equal(false);
    expect(ended.has(2, 100)).to.equal(false);
  });

  it('counts from the latest end of the same port', () => {
    const ended = new JustEnded();
    ended.add(1, 'completed', 0);
    ended.add(1, 'completed', 4000);
    ended.add(2, 'completed', 6000);
    expect(ended.has(1, 8000)).to.equal(true);
  });

  it('is forgotten first where there are more than are kept', () => {
    const ended = new JustEnded(2);
    for (const key of [1, 2, 3]) ended.add(key, 'completed', 0);
    expect([1, 2, 3].map((key) => ended.has(key, 1))).to.deep.equal([false, true, true]);
  });
});
