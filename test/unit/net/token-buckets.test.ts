import { expect } from 'chai';
import { TokenBuckets } from '../../../src/net/token-buckets.js';

const budget = { burst: 3, perMinute: 6 };

describe('TokenBuckets', () => {
  const cases: { name: string; at: readonly number[]; want: string }[] = [
    { name: 'a burst, and no more', at: [0, 0, 0, 0, 0], want: '+++--' },
    { name: 'one each ten seconds after that', at: [0, 0, 0, 0, 9, 10, 10, 20], want: '+++--+-+' },
    {
      name: 'a burst again after a pause, and no more',
      at: [0, 0, 0, 3600, 3600, 3600, 3600],
      want: '++++++-',
    },
    {
      name: 'nothing for a clock that is put back, and no harm',
      at: [100, 100, 100, 0, 10, 20],
      want: '+++-++',
    },
  ];
  for (const { name, at, want } of cases) {
    it(`A7: gives ${name}`, () => {
      const buckets = new TokenBuckets();
      const got = at.map((seconds) => (buckets.take('a', budget, seconds * 1000) ? '+' : '-'));
      expect(got.join('')).to.equal(want);
    });
  }

  it('keeps each key apart, and forgets those that are full again', () => {
    const buckets = new TokenBuckets();
    for (let key = 0; key < 1000; key += 1) expect(buckets.take(`k${key}`, budget, 0)).to.equal(true);
    expect(buckets.size).to.equal(1000);
    buckets.take('late', budget, 60_000);
    expect(buckets.size).to.equal(1);
  });

  it('keeps 50,000 at most', () => {
    const buckets = new TokenBuckets();
    for (let key = 0; key < 60_000; key += 1) buckets.take(`k${key}`, budget, 0);
    expect(buckets.size).to.equal(50_000);
  });

  it('forgets of more keys those that spent longest ago, and none that spends again and again', () => {
    const buckets = new TokenBuckets();
    let given = 0;
    for (let key = 0; key < 60_000; key += 1) {
      buckets.take(`k${key}`, { burst: 1, perMinute: 0.001 }, key);
      if (buckets.take('often', budget, key)) given += 1;
    }
    expect(buckets.size).to.equal(50_000);
    expect(given, 'a burst of 3, and 6 within the minute').to.be.oneOf([8, 9]);
  });
});
