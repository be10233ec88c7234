import { constants } from 'node:os';
import { expect } from 'chai';
import fc from 'fast-check';
import { FileSending, type SentOutcome } from '../../../../src/net/linux/file-sender.js';
import type { SendfileCalls } from '../../../../src/net/linux/sendfile.js';

const { EAGAIN, EINTR, EINVAL, EPIPE } = constants.errno;

/** What a system call of a script answers: how much it sent, or with which error it failed. */
type Step = { readonly sent: number } | { readonly errno: number };

/** A system that answers by a script; what waits goes on when it is told to. */
class FakeSystem implements SendfileCalls {
  readonly open = new Set([7]);
  readonly asked: { offset: number; count: number }[] = [];
  readonly watched = new Set<number>();
  readonly corked = new Set<number>();
  readonly #pending: (() => void)[] = [];

  constructor(private readonly script: Step[]) {}

  close(fd: number): void {
    expect(this.open.delete(fd), `descriptor ${fd} is closed once`).to.equal(true);
  }

  cork(fd: number, isOn: boolean): void {
    expect(this.open.has(fd), 'the descriptor is open').to.equal(true);
    if (isOn) this.corked.add(fd);
    else this.corked.delete(fd);
  }

  send(out: number, _file: number, offset: number, count: number) {
    expect(this.open.has(out), 'the descriptor is open').to.equal(true);
    this.asked.push({ offset, count });
    const step = this.script.shift() ?? { errno: EPIPE };
    return 'sent' in step ? { sent: Math.min(step.sent, count), errno: 0 } : { sent: -1, errno: step.errno };
  }

  room(fd: number, ready: () => void) {
    this.watched.add(fd);
    return {
      wait: () => void this.#pending.push(() => this.watched.has(fd) && ready()),
      close: () => void this.watched.delete(fd),
    };
  }

  later(act: () => void): void {
    this.#pending.push(act);
  }

  get isQuiet(): boolean {
    return this.#pending.length === 0;
  }

  step(): void {
    this.#pending.shift()?.();
  }
}

const MOST = 2 << 20;

describe('a file that the system sends', () => {
  const begun = (script: Step[], length: number) => {
    const system = new FakeSystem(script);
    const told: (number | SentOutcome)[] = [];
    const note = (news: number | SentOutcome) => void told.push(news);
    const sending = new FileSending(system, { socket: 7, file: 8, start: 1000, length }, note, note);
    return { system, sending, told };
  };
  const runs = (system: FakeSystem) => {
    while (!system.isQuiet) system.step();
  };

  const cases: readonly {
    what: string;
    script: Step[];
    length: number;
    want: (number | string)[];
    calls?: [number, number][];
  }[] = [
    {
      what: 'goes on where the last call ended, two mebibytes at most at a time',
      script: [{ sent: MOST }, { sent: 10 }, { errno: EAGAIN }, { errno: EINTR }, { sent: MOST }],
      length: MOST + 100,
      want: [MOST, MOST + 10, MOST + 100, 'sent'],
      calls: [
        [1000, MOST],
        [1000 + MOST, 100],
        [1010 + MOST, 90],
        [1010 + MOST, 90],
        [1010 + MOST, 90],
      ],
    },
    { what: 'is shorter than it was', script: [{ sent: 5 }, { sent: 0 }], length: 100, want: [5, 'short'] },
    {
      what: 'goes to one who is gone',
      script: [{ sent: 5 }, { errno: EPIPE }],
      length: 100,
      want: [5, 'cut'],
    },
    { what: 'is not sent so by the system', script: [{ errno: EINVAL }], length: 100, want: ['unfit'] },
    {
      what: 'is not given by the disk',
      script: [{ sent: 5 }, { errno: EINVAL }],
      length: 100,
      want: [5, 'cut'],
    },
  ];
  for (const { what, script, length, want, calls } of cases)
    it(`${what}: ${want.join(', ')}`, () => {
      const { system, told } = begun(script, length);
      runs(system);
      expect(told).to.deep.equal(want);
      expect(system.open.size + system.watched.size + system.corked.size).to.equal(0);
      if (calls) expect(system.asked.map(({ offset, count }) => [offset, count])).to.deep.equal(calls);
    });

  it('is cancelled at any moment, and its descriptor closed once', () => {
    const steps = fc.oneof(
      fc.record({ sent: fc.integer({ min: 1, max: MOST }) }),
      fc.constantFrom({ errno: EAGAIN }, { errno: EINTR }),
    );
    fc.assert(
      fc.property(fc.array(steps, { maxLength: 12 }), fc.nat({ max: 14 }), (script, cancelAt) => {
        const { system, sending, told } = begun(script, 3 * MOST);
        for (let step = 0; step < cancelAt && !system.isQuiet; step += 1) system.step();
        sending.cancel();
        sending.cancel();
        const { length } = told;
        runs(system);
        expect(told).to.have.length(length);
        expect(['cut', 'sent']).to.include(told.at(-1));
        expect(system.open.size + system.watched.size + system.corked.size).to.equal(0);
      }),
    );
  });
});
