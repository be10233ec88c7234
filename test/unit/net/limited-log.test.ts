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
});
