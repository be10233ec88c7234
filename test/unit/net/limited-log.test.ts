import { expect } from 'chai';
import { LimitedLog } from '../../../src/net/limited-log.js';

describe('LimitedLog', () => {
  it('writes one line per kind and ten seconds, and then how many it left out', () => {
    let now = 0;
    const lines: object[] = [];
    const log = new LimitedLog<'warn'>({ warn: (facts) => void lines.push(facts) }, () => now);
    for (let count = 0; count < 1000; count += 1) log.write('warn', 'refused', { count }, 'request refused');
    log.write('warn', 'other', {}, 'another');
    now = 10_000;
    log.write('warn', 'refused', { count: 1000 }, 'request refused');
    expect(lines).to.deep.equal([{ count: 0 }, {}, { count: 1000, leftOut: 999 }]);
  });

  it('A7: writes so many of a kind as it is told to', () => {
    let now = 0;
    const lines: object[] = [];
    const log = new LimitedLog<'warn'>({ warn: (facts) => void lines.push(facts) }, () => now, 3);
    for (let count = 0; count < 10; count += 1) log.write('warn', 'refused', { count }, 'request refused');
    now = 10_000;
    log.write('warn', 'refused', { count: 10 }, 'request refused');
    expect(lines).to.deep.equal([{ count: 0 }, { count: 1 }, { count: 2 }, { count: 10, leftOut: 7 }]);
  });

  it('A7: takes all kinds beyond a thousand for one', () => {
    let now = 0;
    let written = 0;
    const log = new LimitedLog<'warn'>({ warn: () => void (written += 1) }, () => now);
    const flood = () => {
      for (let kind = 0; kind < 5000; kind += 1) log.write('warn', `kind ${kind}`, {}, 'request refused');
    };
    flood();
    expect(written).to.equal(1001);
    now = 10_000;
    flood();
    expect(written).to.be.below(2010);
  });
});
