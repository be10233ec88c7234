import { expect } from 'chai';
import { Registry } from 'prom-client';
import { limitWatch } from '../../../src/daemon/limit-watch.js';

describe('the watch over limits', () => {
  it('counts each time that a bound is met, and logs it once in ten seconds', async () => {
    const registry = new Registry();
    const lines: object[] = [];
    let now = 0;
    const reach = limitWatch(registry, { warn: (facts: object) => void lines.push(facts) }, () => now);

    for (let i = 0; i < 3; i += 1) reach('tftp-transfers', { from: '10.75.0.9' });
    now = 10_000;
    reach('tftp-transfers');

    expect(await registry.metrics()).to.include('imago_limit_reached_total{limit="tftp-transfers"} 4');
    expect(lines).to.deep.equal([
      { limit: 'tftp-transfers', from: '10.75.0.9' },
      { limit: 'tftp-transfers', leftOut: 2 },
    ]);
  });
});
