import { expect } from 'chai';
import { ReplayTurns } from '../../../src/http/replay-turns.js';

describe('ReplayTurns', () => {
  const here = () => new AbortController().signal;

  it('gives four turns at a time, the others in order, none to who has gone', async () => {
    const turns = new ReplayTurns();
    const running = await Promise.all([1, 2, 3, 4].map(() => turns.take(here())));
    const leaving = new AbortController();
    const order: string[] = [];
    const fifth = turns.take(here()).then((end) => (order.push('fifth'), end));
    const gone = turns.take(leaving.signal);
    const seventh = turns.take(here()).then((end) => (order.push('seventh'), end));
    leaving.abort();
    expect(await gone).to.equal(undefined);
    running[0]?.();
    running[0]?.(); // ending twice gives no second turn
    await fifth;
    expect(order).to.deep.equal(['fifth']);
    running[1]?.();
    await seventh;
    expect(order).to.deep.equal(['fifth', 'seventh']);
  });
});
