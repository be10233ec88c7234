import { expect } from 'chai';
import { HostLocked, requireLockKept, requireUnlocked } from '../../../src/host/lock.js';

describe('a lock', () => {
  const lock = { by: 'anna', reason: 'its board is swapped', since: new Date('2026-11-21T10:00:00Z') };
  const [locked, open] = [{ serial: 'ser1', lock }, { serial: 'ser1' }];

  it('says whose it is, since when and why, and how to go on', () => {
    expect(() => requireUnlocked(locked)).to.throw(
      HostLocked,
      'ser1 is locked by anna since 2026-11-21T10:00:00.000Z: its board is swapped; imagoctl unlock ser1 first',
    );
    expect(() => requireUnlocked(open)).not.to.throw();
    expect(() => requireUnlocked(undefined)).not.to.throw();
  });

  for (const { name, before, after, refused } of [
    { name: 'an edit may not change what is locked', before: locked, after: locked, refused: true },
    { name: 'nor retire it', before: locked, after: undefined, refused: true },
    { name: 'it may unlock it', before: locked, after: open, refused: false },
    { name: 'it may lock what is not', before: open, after: locked, refused: false },
    { name: 'it may add what is locked', before: undefined, after: locked, refused: false },
    { name: 'it may retire what is not', before: open, after: undefined, refused: false },
  ]) {
    it(name, () => {
      const keep = () => requireLockKept(before, after);
      if (refused) expect(keep).to.throw(HostLocked);
      else expect(keep).not.to.throw();
    });
  }
});
