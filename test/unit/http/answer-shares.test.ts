import { expect } from 'chai';
import { AnswerShares, type HeldAnswer } from '../../../src/http/answer-shares.js';

const MEBIBYTE = 1 << 20;
const limits = { inAll: 30, perAddress: 20, patience: 100 };

/** `a1` is of a stranger at address a, `K1` of a known machine at K. */
class Answer implements HeldAnswer {
  readonly client;
  takenBytes = 0;

  constructor(
    readonly name: string,
    readonly bytes = 10,
  ) {
    this.client = { address: name.charAt(0), isKnown: /^[A-Z]/.test(name) };
  }

  taken(): number {
    return this.takenBytes;
  }
}

const cases = [
  { name: 'lets in while there is room', there: ['a1', 'b1'], newcomer: 'c1', isIn: true, ended: [] },
  {
    name: 'refuses an address that holds its share',
    there: ['a1', 'a2'],
    newcomer: 'a3',
    isIn: false,
    ended: [],
    reached: 'http-answers-per-address',
  },
  {
    name: 'refuses a stranger when nobody is slow',
    there: ['a1', 'b1', 'c1'],
    newcomer: 'd1',
    isIn: false,
    ended: [],
    reached: 'http-answers',
  },
  {
    name: 'ends a stranger that is slow for another',
    there: ['K1', 'b1', 'c1'],
    after: 100,
    newcomer: 'd1',
    isIn: true,
    ended: ['b1'],
    reached: 'http-answers',
  },
  {
    name: 'keeps who has taken a MiB since',
    there: ['b1', 'c1', 'd1'],
    moved: ['b1'],
    after: 100,
    newcomer: 'e1',
    isIn: true,
    ended: ['c1'],
    reached: 'http-answers',
  },
  {
    name: 'ends no answer before its time, though nothing is taken: a disk may be slow',
    there: ['K1', 'b1', 'c1'],
    after: 99,
    newcomer: 'd1',
    isIn: false,
    ended: [],
    reached: 'http-answers',
  },
  {
    name: 'ends a machine that it knows when it is slow and no stranger is there',
    there: ['K1', 'L1', 'M1'],
    moved: ['K1'],
    after: 100,
    newcomer: 'd1',
    isIn: true,
    ended: ['L1'],
    reached: 'http-answers',
  },
  {
    name: 'ends a stranger, slow or not, for a machine that it knows: the slower one',
    there: ['K1', 'b1', 'c1'],
    moved: ['b1'],
    after: 50,
    newcomer: 'L1',
    isIn: true,
    ended: ['c1'],
    reached: 'http-answers',
  },
  {
    name: 'refuses a machine that it knows when only such are there and none is slow',
    there: ['K1', 'L1', 'M1'],
    after: 99,
    newcomer: 'N1',
    isIn: false,
    ended: [],
    reached: 'http-answers',
  },
];

describe('AnswerShares', () => {
  for (const { name, there, moved = [], after = 0, newcomer, ...want } of cases) {
    it(`A2: ${name}`, () => {
      const shares = new AnswerShares<Answer>();
      const answers = there.map((each) => new Answer(each));
      for (const each of answers) expect(shares.enter(each, 0, limits).isIn).to.equal(true);
      for (const each of answers) if (moved.includes(each.name)) each.takenBytes = MEBIBYTE;
      const { ended, ...got } = shares.enter(new Answer(newcomer), after, limits);
      expect({ ...got, ended: ended.map((each) => each.name) }).to.deep.equal(want);
    });
  }

  it('A2: counts what has been written already, and ends strangers for it', () => {
    const shares = new AnswerShares<Answer>();
    shares.enter(new Answer('a1'), 0, limits);
    shares.enter(new Answer('K1'), 0, limits);
    expect(shares.add(new Answer('K2'), 0, limits)).to.deep.equal([]);
    expect(shares.add(new Answer('L1', 10), 0, limits).map(({ name }) => name)).to.deep.equal(['a1']);
    expect(shares.add(new Answer('b1', 1000), 0, limits).map(({ name }) => name)).to.deep.equal(['b1']);
    expect(shares.bytes).to.equal(30);
  });

  it('A2: gives room back once', () => {
    const shares = new AnswerShares<Answer>();
    const answer = new Answer('a1');
    shares.enter(answer, 0, limits);
    shares.leave(answer);
    shares.leave(answer);
    expect([shares.bytes, shares.of(answer.client)]).to.deep.equal([0, 0]);
  });
});
