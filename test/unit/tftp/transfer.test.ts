import { expect } from 'chai';
import fc from 'fast-check';
import { blockCount, Transfer, type Step, type TransferPlan } from '../../../src/tftp/transfer.js';

const NOTHING: Step = { do: 'nothing' };
const blocks = (first: number, count = 1): Step => ({ do: 'send-blocks', first, count });
const finish = (outcome: Extract<Step, { do: 'finish' }>['outcome']): Step => ({ do: 'finish', outcome });

function transfer(plan: Partial<TransferPlan> = {}): Transfer {
  return new Transfer({ size: 2000, blockSize: 512, windowSize: 1, hasOack: false, ...plan });
}

describe('a TFTP transfer', () => {
  describe('in lock-step', () => {
    it('sends one block for each acknowledgement, and ends with the short one', () => {
      const t = transfer();
      expect(t.start(0)).to.deep.equal(blocks(1));
      expect(t.acknowledged(1, 1)).to.deep.equal(blocks(2));
      expect(t.acknowledged(2, 2)).to.deep.equal(blocks(3));
      expect(t.acknowledged(3, 3)).to.deep.equal(blocks(4));
      expect(t.acknowledged(4, 4)).to.deep.equal(finish('completed'));
    });

    it('starts with the OACK where there is one, and waits for block 0', () => {
      const t = transfer({ hasOack: true });
      expect(t.start(0)).to.deep.equal({ do: 'send-oack' });
      expect(t.acknowledged(1, 1)).to.deep.equal(NOTHING);
      expect(t.acknowledged(0, 2)).to.deep.equal(blocks(1));
    });

    it('sends nothing for a repeated acknowledgement (Sorcerer’s Apprentice)', () => {
      const t = transfer();
      t.start(0);
      expect(t.acknowledged(1, 1)).to.deep.equal(blocks(2));
      for (const at of [1, 2, 50, 900]) expect(t.acknowledged(1, at)).to.deep.equal(NOTHING);
    });

    it('sends nothing for an acknowledgement of long ago, or of a block never sent', () => {
      const t = transfer();
      t.start(0);
      t.acknowledged(1, 1);
      t.acknowledged(2, 2);
      expect(t.acknowledged(1, 3)).to.deep.equal(NOTHING);
      expect(t.acknowledged(4, 3)).to.deep.equal(NOTHING);
      expect(t.acknowledged(65535, 3)).to.deep.equal(NOTHING);
    });
  });

  describe('block counts', () => {
    for (const { size, blockSize, want } of [
      { size: 0, blockSize: 512, want: 1 },
      { size: 511, blockSize: 512, want: 1 },
      { size: 512, blockSize: 512, want: 2 },
      { size: 513, blockSize: 512, want: 2 },
      { size: 40 * 1024 * 1024, blockSize: 512, want: 81921 },
    ]) {
      it(`${size} octets in blocks of ${blockSize} are ${want}`, () =>
        expect(blockCount(size, blockSize)).to.equal(want));
    }
  });

  it('goes on past block 65535, where numbers wrap to 0', () => {
    const t = transfer({ size: 8 * 65540, blockSize: 8 });
    t.start(0);
    let last: Step = NOTHING;
    for (let block = 1; block <= 65541; block += 1) last = t.acknowledged(block & 0xffff, block);
    expect(last).to.deep.equal(finish('completed'));
  });

  it('takes block 0 for 65536 only when it was sent', () => {
    const t = transfer({ size: 8 * 65540, blockSize: 8 });
    t.start(0);
    for (let block = 1; block < 65535; block += 1) t.acknowledged(block, block);
    expect(t.acknowledged(0, 70000)).to.deep.equal(NOTHING);
    expect(t.acknowledged(65535, 70001)).to.deep.equal(blocks(65536));
    expect(t.acknowledged(0, 70002)).to.deep.equal(blocks(65537));
  });

  describe('with a window', () => {
    const plan = { size: 20 * 512, windowSize: 4 };

    it('sends a whole window for each acknowledgement', () => {
      const t = transfer(plan);
      expect(t.start(0)).to.deep.equal(blocks(1, 4));
      expect(t.acknowledged(4, 1)).to.deep.equal(blocks(5, 4));
    });

    it('ends with what is left', () => {
      const t = transfer({ ...plan, size: 5 * 512 });
      t.start(0);
      expect(t.acknowledged(4, 1)).to.deep.equal(blocks(5, 2));
      expect(t.acknowledged(6, 2)).to.deep.equal(finish('completed'));
    });

    it('goes back to the gap when an acknowledgement reports one (RFC 7440 §4)', () => {
      const t = transfer(plan);
      t.start(0);
      expect(t.acknowledged(2, 1)).to.deep.equal(blocks(3, 4));
    });

    it('sends the window again, once, when its first block was lost', () => {
      const t = transfer(plan);
      t.start(0);
      t.acknowledged(4, 10); // a round trip of 10 ms
      expect(t.acknowledged(4, 21)).to.deep.equal(blocks(5, 4));
      expect(t.acknowledged(4, 21.5)).to.deep.equal(NOTHING);
      expect(t.acknowledged(4, 22)).to.deep.equal(NOTHING);
    });

    it('takes repetitions right behind an acknowledgement for echoes', () => {
      const t = transfer(plan);
      t.start(0);
      t.acknowledged(4, 10);
      for (const at of [10.1, 10.2, 10.3, 12]) expect(t.acknowledged(4, at)).to.deep.equal(NOTHING);
    });
  });

  describe('with a client that stays silent', () => {
    const sendTimes = (t: Transfer, until: number): number[] => {
      const times: number[] = [];
      let step = t.start(0);
      for (let now = 0; now <= until; now += 25) {
        if (now > 0) step = t.timedOut(now);
        if (step.do === 'finish') return times;
        if (step.do !== 'nothing') times.push(now);
      }
      return times;
    };

    for (const { name, plan } of [
      { name: 'the first block', plan: {} },
      { name: 'the first window', plan: { windowSize: 8, size: 100_000 } },
    ]) {
      it(`sends ${name} five times, further and further apart, then gives up`, () => {
        const t = transfer(plan);
        expect(sendTimes(t, 60_000)).to.deep.equal([0, 1000, 3000, 7000, 14000]);
        expect(t.deadline).to.equal(Number.POSITIVE_INFINITY);
      });
    }

    it('sends the OACK twice, after a client could have repeated its own packet several times', () => {
      const t = transfer({ hasOack: true });
      expect(sendTimes(t, 60_000)).to.deep.equal([0, 16_000]);
    });

    /** What is sent from now on, in milliseconds since then, and the end behind it. */
    const timesFrom = (t: Transfer, start: number): number[] => {
      const times: number[] = [];
      for (let now = start; Number.isFinite(t.deadline); now = t.deadline) {
        if (t.timedOut(now).do !== 'nothing') times.push(now - start);
      }
      return times;
    };

    for (const windowSize of [1, 8]) {
      it(`leaves a client alone that counts its 5 seconds from the latest packet, in windows of ${windowSize}`, () => {
        const t = transfer({ windowSize, size: 100_000 });
        t.start(0);
        t.timedOut(1000);
        t.acknowledged(windowSize, 1001); // the path loses packets: sends follow one another faster
        expect(timesFrom(t, 1001)).to.deep.equal([
          100, 300, 700, 1500, 3100, 10_100, 17_100, 24_100, 31_100, 38_100,
        ]);
      });
    }

    it('counts from the time that the client has asked for', () => {
      const t = transfer({ windowSize: 8, size: 100_000, timeoutSeconds: 2 });
      t.start(0);
      t.acknowledged(8, 1);
      expect(timesFrom(t, 1).slice(-3)).to.deep.equal([22_000, 26_000, 30_000]);
    });

    it('keeps to the time the client asked for, also with the OACK', () => {
      const times = sendTimes(transfer({ hasOack: true, timeoutSeconds: 3 }), 60_000);
      expect(times).to.deep.equal([0, 3000, 6000, 9000, 12000]);
    });

    it('A3: waits five seconds at most for who has confirmed nothing, whatever it asked for', () => {
      const t = transfer({ hasOack: true, timeoutSeconds: 255, unansweredSeconds: 5 });
      expect(sendTimes(t, 2_000_000)).to.deep.equal([0, 5000, 10_000, 15_000, 20_000]);
    });

    it('keeps to the time the client asked for', () => {
      expect(sendTimes(transfer({ timeoutSeconds: 2 }), 60_000)).to.deep.equal([0, 2000, 4000, 6000, 10000]);
    });

    it('says so in the end', () => {
      const t = transfer();
      t.start(0);
      let step: Step = NOTHING;
      for (let now = 25; now < 30_000 && step.do !== 'finish'; now += 25) step = t.timedOut(now);
      expect(step).to.deep.equal(finish('timed-out'));
      expect(t.acknowledged(1, 30_000)).to.deep.equal(NOTHING);
      expect(t.clientFailed()).to.deep.equal(NOTHING);
    });

    it('does nothing when the timer rings early', () => {
      const t = transfer();
      t.start(0);
      expect(t.timedOut(999)).to.deep.equal(NOTHING);
      expect(t.timedOut(1000)).to.deep.equal(blocks(1));
    });
  });

  it('gives a client that repeats its acknowledgement five sends more, but not for ever', () => {
    const t = transfer();
    t.start(0);
    t.acknowledged(1, 0);
    let sends = 1;
    let now = 0;
    for (let step: Step = NOTHING; step.do !== 'finish'; now += 25) {
      step = t.timedOut(now);
      if (step.do === 'send-blocks') sends += 1;
      t.acknowledged(1, now);
    }
    expect(sends).to.equal(40);
    expect(now).to.be.below(200_000);
  });

  describe('on a path that loses packets', () => {
    it('sends again after a tenth of a second once it knows', () => {
      const t = transfer({ size: 100_000 });
      t.start(0);
      t.acknowledged(1, 2);
      expect(t.timedOut(1002)).to.deep.equal(blocks(2)); // patient: nothing was ever lost
      t.acknowledged(2, 1004);
      expect(t.deadline).to.equal(1104);
      expect(t.timedOut(1104)).to.deep.equal(blocks(3));
    });

    it('is patient again after a repetition tells that nothing had been lost', () => {
      const t = transfer({ size: 100_000 });
      t.start(0);
      t.acknowledged(1, 2);
      t.timedOut(1002);
      t.acknowledged(2, 1004); // the answer to the first sending, late
      t.acknowledged(2, 1006); // and to the second
      expect(t.deadline).to.equal(2004);
    });

    it('sends again soon when the client says that it still waits, and keeps doing so', () => {
      const t = transfer({ size: 100_000 });
      t.start(0);
      t.acknowledged(1, 2);
      expect(t.acknowledged(1, 92)).to.deep.equal(NOTHING); // sent only once: it is lost
      const sentAt: number[] = [];
      for (let now = 92; now < 5000; now += 1) {
        if (t.timedOut(now).do === 'send-blocks') sentAt.push(now);
        if (now % 500 === 0) t.acknowledged(1, now);
      }
      expect(sentAt.slice(0, 4)).to.deep.equal([102, 302, 702, 1102]);
      expect(sentAt.slice(4).map((at, index) => at - sentAt[index + 3]!)).to.satisfy((gaps: number[]) =>
        gaps.every((gap) => gap <= 800),
      );
    });

    it('does not take an acknowledgement that the network has doubled for a wish', () => {
      const t = transfer({ size: 100_000 });
      t.start(0);
      t.acknowledged(1, 2);
      for (const at of [2.5, 40, 80]) expect(t.acknowledged(1, at)).to.deep.equal(NOTHING);
      expect(t.deadline).to.equal(1002);
    });

    it('takes no measure from a packet that was sent twice (Karn)', () => {
      const t = transfer({ size: 100_000 });
      t.start(0);
      t.timedOut(1000);
      t.acknowledged(1, 1900);
      expect(t.deadline).to.equal(2000);
    });
  });

  describe('when the same request comes again', () => {
    for (const { name, plan, again } of [
      { name: 'sends the OACK', plan: { hasOack: true }, again: { do: 'send-oack' } },
      { name: 'sends the first block', plan: {}, again: blocks(1) },
    ]) {
      it(`${name} again, unless the request was doubled on its way`, () => {
        const t = transfer(plan);
        t.start(0);
        expect(t.requestedAgain(1)).to.deep.equal(NOTHING);
        expect(t.requestedAgain(199)).to.deep.equal(NOTHING);
        expect(t.requestedAgain(200)).to.deep.equal(again);
        expect(t.requestedAgain(399)).to.deep.equal(NOTHING);
      });
    }

    it('sends no more than five times, however often it comes', () => {
      const t = transfer();
      t.start(0);
      const sent = Array.from({ length: 20 }, (_, index) => t.requestedAgain((index + 1) * 300));
      expect(sent.filter((step) => step.do !== 'nothing')).to.have.length(4);
    });

    it('sends nothing once the client has acknowledged anything', () => {
      const withOack = transfer({ hasOack: true });
      withOack.start(0);
      withOack.acknowledged(0, 1);
      expect(withOack.requestedAgain(900)).to.deep.equal(NOTHING);
      const without = transfer();
      without.start(0);
      without.acknowledged(1, 1);
      expect(without.requestedAgain(900)).to.deep.equal(NOTHING);
      without.clientFailed();
      expect(without.requestedAgain(1900)).to.deep.equal(NOTHING);
    });
  });

  describe('when the client sends an ERROR', () => {
    it('is declined before the first block: OVMF only wanted the size', () => {
      const t = transfer({ hasOack: true });
      t.start(0);
      expect(t.clientFailed()).to.deep.equal(finish('declined'));
      expect(t.timedOut(1e9)).to.deep.equal(NOTHING);
      expect(t.acknowledged(0, 1)).to.deep.equal(NOTHING);
    });

    it('is aborted later', () => {
      const t = transfer();
      t.start(0);
      t.acknowledged(1, 1);
      expect(t.clientFailed()).to.deep.equal(finish('aborted'));
    });
  });

  it('brings every file over, whatever is lost, doubled or late, and never floods', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 0, max: 5000 }),
        fc.integer({ min: 1, max: 8 }),
        fc.boolean(),
        fc.infiniteStream(fc.integer({ min: 0, max: 9 })),
        (size, windowSize, hasOack, dice) => {
          const luck = (): number => dice.next().value ?? 9;
          expect(simulate({ size, blockSize: 64, windowSize, hasOack }, luck)).to.equal('completed');
        },
      ),
      { numRuns: 300, seed: 1981 },
    );
  });
});

/** A client as RFC 7440 has it, which repeats itself every 5 seconds, behind a path that loses a tenth of the packets in either direction and doubles some. */
function simulate(plan: TransferPlan, luck: () => number): string {
  const t = new Transfer(plan);
  const last = blockCount(plan.size, plan.blockSize);
  let received = plan.hasOack ? -1 : 0;
  let sinceAck = 0;
  let sent = 0;
  let outcome = 'running';
  const toServer: number[] = [];
  const toClient: number[] = [];
  const perform = (step: Step): void => {
    if (step.do === 'finish') outcome = step.outcome;
    const out =
      step.do === 'send-oack' ? [0] : step.do === 'send-blocks' ? range(step.first, step.count) : [];
    sent += out.length;
    for (const block of out) {
      const roll = luck();
      if (roll > 0) toClient.push(block);
      if (roll === 9) toClient.push(block);
    }
  };
  let heardAt = 0;
  perform(t.start(0));
  for (let now = 1; outcome === 'running' && now < 1_000_000; now += 1) {
    for (const block of toServer.splice(0)) perform(t.acknowledged(block, now));
    if (now - heardAt >= 5000 && luck() > 0) {
      heardAt = now;
      if (received < 0 || (received === 0 && !plan.hasOack)) perform(t.requestedAgain(now));
      else toServer.push(received);
    }
    for (const block of toClient.splice(0)) {
      heardAt = now;
      const isNext = block === received + 1;
      if (isNext) {
        received = block;
        sinceAck += 1;
      }
      if (!isNext || sinceAck === plan.windowSize || received === 0 || received === last) {
        sinceAck = 0;
        if (received >= 0 && luck() > 0) toServer.push(received);
      }
    }
    if (now >= t.deadline) perform(t.timedOut(now));
    if (received === last && toServer.length === 0 && toClient.length === 0 && outcome === 'running') {
      // The client is content and gone; the last acknowledgement may have been lost.
      outcome = 'completed';
    }
  }
  expect(sent).to.be.below(40 * (last + 5) * plan.windowSize);
  return outcome;
}

function range(first: number, count: number): number[] {
  return Array.from({ length: count }, (_, index) => first + index);
}
