import { expect } from 'chai';
import { BmcQueue } from '../../../src/power/bmc-queue.js';

describe('BmcQueue', () => {
  it('lets as many more run at once as it is told to, also those that wait already', async () => {
    const queue = new BmcQueue(1);
    const begun: string[] = [];
    let end = (): void => undefined;
    const ended = new Promise<void>((resolve) => (end = resolve));
    const commands = ['a', 'b', 'c', 'd'].map((bmc) =>
      queue.run(bmc, async () => {
        begun.push(bmc);
        await ended;
      }),
    );
    const settle = () => new Promise((done) => setImmediate(done));
    await settle();
    expect(begun).to.deep.equal(['a']);
    queue.atOnce = 3;
    await settle();
    expect(begun).to.deep.equal(['a', 'b', 'c']);
    end();
    await Promise.all(commands);
    expect(begun).to.have.length(4);
  });
});
