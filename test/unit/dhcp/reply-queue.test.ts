import { expect } from 'chai';
import { ReplyQueue } from '../../../src/dhcp/reply-queue.js';

describe('ReplyQueue', () => {
  let sent: string[];
  let queue: ReplyQueue<string>;
  beforeEach(() => {
    sent = [];
    queue = new ReplyQueue<string>(
      100,
      (reply) => sent.push(reply),
      () => sent.push('|'),
    );
  });

  it('sends nothing before it is durable, then in order', () => {
    queue.hold(1, 'a');
    queue.hold(2, 'b');
    queue.hold(3, 'c');
    expect(sent).to.deep.equal([]);
    queue.release(2);
    expect(sent).to.deep.equal(['a', 'b', '|']);
    queue.release(3);
    expect(sent).to.deep.equal(['a', 'b', '|', 'c', '|']);
  });

  it('sends many in portions, so that no buffer on the way overflows', async () => {
    for (let sequence = 1; sequence <= 70; sequence += 1) queue.hold(sequence, 'x');
    queue.release(70);
    expect(sent.join('')).to.equal(`${'x'.repeat(32)}|`);
    await new Promise((resolve) => {
      setImmediate(() => setImmediate(() => setImmediate(resolve)));
    });
    expect(sent.join('')).to.equal(`${'x'.repeat(32)}|${'x'.repeat(32)}|${'x'.repeat(6)}|`);
  });

  it('sends all that is released when it is drained, and nothing else', () => {
    for (let sequence = 1; sequence <= 70; sequence += 1) queue.hold(sequence, 'x');
    queue.release(60);
    queue.drain();
    expect(sent.filter((reply) => reply === 'x')).to.have.length(60);
  });

  it('forgets what has not been released when the disk fails, and nothing else', () => {
    for (let sequence = 1; sequence <= 70; sequence += 1) queue.hold(sequence, `${sequence} `);
    queue.release(50);
    queue.drop();
    queue.release(70);
    queue.drain();
    expect(sent.filter((reply) => reply !== '|').map(Number)).to.deep.equal(
      Array.from({ length: 50 }, (_, index) => index + 1),
    );
    queue.hold(71, 'new');
    queue.release(71);
    expect(sent).to.include('new');
  });

  it('refuses more than its limit', () => {
    for (let sequence = 1; sequence <= 100; sequence += 1) expect(queue.hold(sequence, 'x')).to.equal(true);
    expect(queue.hold(101, 'x')).to.equal(false);
  });
});
