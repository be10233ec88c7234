import { EventEmitter } from 'node:events';
import { expect } from 'chai';
import sinon, { type SinonFakeTimers } from 'sinon';
import { endWhenSlow } from '../../../src/http/end-when-slow.js';

class Answer extends EventEmitter {
  readonly socket = { bytesWritten: 5000, writableLength: 0 };
  isDestroyed = false;
  closed = false;

  destroy(): this {
    this.isDestroyed = true;
    this.emit('close');
    return this;
  }
}

const MEBIBYTE = 1 << 20;

describe('endWhenSlow', () => {
  let clock: SinonFakeTimers;
  beforeEach(() => {
    clock = sinon.useFakeTimers();
  });
  afterEach(() => clock.restore());

  const readers = [
    { name: 'takes nothing', written: 0, waiting: 0, isEnded: true },
    { name: 'takes too little', written: MEBIBYTE, waiting: 0, isEnded: true },
    { name: 'lets all of it wait', written: 4 * MEBIBYTE, waiting: 3 * MEBIBYTE, isEnded: true },
    { name: 'takes enough', written: 2 * MEBIBYTE, waiting: 0, isEnded: false },
  ];
  for (const { name, written, waiting, isEnded } of readers) {
    it(`${isEnded ? 'ends' : 'keeps'} the answer to a reader that ${name} in 30 seconds`, () => {
      const answer = new Answer();
      endWhenSlow(answer as never);
      answer.socket.bytesWritten += written;
      answer.socket.writableLength = waiting;
      clock.tick(29_999);
      expect(answer.isDestroyed).to.equal(false);
      clock.tick(1);
      expect(answer.isDestroyed).to.equal(isEnded);
    });
  }

  it('looks no more at an answer that is over', () => {
    const answer = new Answer();
    endWhenSlow(answer as never);
    answer.emit('close');
    expect(clock.countTimers()).to.equal(0);
  });

  it('A1: begins to look at no answer whose reader has left before', () => {
    const answer = new Answer();
    answer.closed = true;
    endWhenSlow(answer as never);
    expect(clock.countTimers()).to.equal(0);
  });
});
