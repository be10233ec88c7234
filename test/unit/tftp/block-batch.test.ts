import { expect } from 'chai';
import { parseIpv4 } from '../../../src/net/ipv4.js';
import { layout } from '../../../src/net/linux/datagrams.js';
import type { Libc } from '../../../src/net/linux/libc.js';
import { BlockBatch, DataHeaders } from '../../../src/tftp/block-batch.js';

const { message, wordAt } = layout;

/** A system that refuses some messages, as Linux does: what stands before is sent, and the error is told at the next call. */
class RefusingLibc {
  /** By their place in the batch. */
  readonly sent: number[] = [];
  readonly cut: boolean[] = [];
  #error = '';

  constructor(readonly refused: Map<number, string>) {}

  asLibc(): Libc {
    return {
      memmove: () => 4096,
      errorName: () => this.#error,
      sendmmsg: (_fd: number, messages: Uint32Array, count: number) => this.#send(messages, count),
    } as unknown as Libc;
  }

  #send(messages: Uint32Array, count: number): number {
    const first = messages.byteOffset / 4 / message.words;
    for (let index = 0; index < count; index += 1) {
      const error = this.refused.get(first + index);
      if (error === undefined) {
        this.sent.push(first + index);
        this.cut.push(wordAt(messages, index * message.words + message.controlLength) !== 0);
      } else if (index > 0) return index;
      else {
        this.#error = error;
        return -1;
      }
    }
    return count;
  }
}

function batchOn(libc: RefusingLibc, onFault: (reason: string) => void): BlockBatch {
  return new BlockBatch(libc.asLibc(), 3, new DataHeaders(libc.asLibc()), onFault);
}

const to = (host: number) => ({ address: parseIpv4(`10.75.0.${host}`), port: 2000 });
const window = {
  first: 1,
  count: 4,
  blockSize: 512,
  bytes: new Uint8Array(2048),
  offset: 0,
  length: 2048,
};

describe('datagrams of a batch, of which one is refused', () => {
  for (const reason of [
    'EPERM',
    'ENETUNREACH',
    'EHOSTUNREACH',
    'EACCES',
    'EINVAL',
    'EMSGSIZE',
    'ENOBUFS',
    'ENOMEM',
  ]) {
    it(`${reason} for one peer: the others get theirs, at once`, () => {
      const libc = new RefusingLibc(new Map([[1, reason]]));
      const faults: string[] = [];
      const batch = batchOn(libc, (fault) => faults.push(fault));
      for (const host of [1, 2, 3, 4]) batch.addPacket(to(host), new Uint8Array(4));
      batch.flush();
      expect(libc.sent).to.deep.equal([0, 2, 3]);
      expect(faults).to.deep.equal([reason]);
      expect(batch.isWaiting).to.equal(false);
    });
  }

  it('all of them refused are all lost, and nothing waits', () => {
    const libc = new RefusingLibc(new Map([0, 1, 2].map((index) => [index, 'EPERM'])));
    const faults: string[] = [];
    const batch = batchOn(libc, (fault) => faults.push(fault));
    for (const host of [1, 2, 3]) batch.addPacket(to(host), new Uint8Array(4));
    batch.flush();
    expect([libc.sent, faults.length, batch.isWaiting]).to.deep.equal([[], 3, false]);
  });

  it('EAGAIN: what was not sent waits for room, in its order', () => {
    const libc = new RefusingLibc(new Map([[1, 'EAGAIN']]));
    const batch = batchOn(libc, () => expect.fail('nothing is lost'));
    for (const host of [1, 2, 3]) batch.addPacket(to(host), new Uint8Array(4));
    batch.flush();
    expect([libc.sent, batch.isWaiting]).to.deep.equal([[0], true]);
    libc.refused.clear();
    batch.flush();
    expect([libc.sent, batch.isWaiting]).to.deep.equal([[0, 1, 2], false]);
  });

  it('EAGAIN for ever: what does not fit any more is left to the clients, and nothing grows', () => {
    const libc = new RefusingLibc(new Map([[0, 'EAGAIN']]));
    const batch = batchOn(libc, () => undefined);
    for (let count = 0; count < 10_000; count += 1) batch.addPacket(to(1), new Uint8Array(4));
    libc.refused.clear();
    batch.flush();
    expect(libc.sent).to.have.length(512);
  });

  for (const { reason, isCutAfterwards } of [
    { reason: 'EPERM', isCutAfterwards: true },
    { reason: 'ENETUNREACH', isCutAfterwards: true },
    { reason: 'EINVAL', isCutAfterwards: false },
    { reason: 'EIO', isCutAfterwards: false },
  ]) {
    it(`${reason} for a window ${isCutAfterwards ? 'is no reason to send those of others block by block' : 'means that this link cannot cut it'}`, () => {
      const libc = new RefusingLibc(new Map([[0, reason]]));
      const batch = batchOn(libc, () => undefined);
      batch.addBlocks(to(1), window, 8192);
      batch.flush();
      libc.refused.clear();
      batch.addBlocks(to(2), window, 8192);
      batch.flush();
      expect(libc.cut).to.deep.equal(isCutAfterwards ? [true] : [false, false, false, false]);
    });
  }
});
