import { expect } from 'chai';
import { makesRoom, weakestOf, type Place } from '../../../src/tftp/eviction.js';

const NOW = 1_000_000;
const patience = { unansweredMs: 5000, slowestBytesPerSecond: 1024 };

interface Holder {
  readonly name: string;
  readonly known?: true;
  /** Seconds. */
  readonly age?: number;
  /** Undefined: nothing at all was confirmed. */
  readonly confirmed?: number;
  /** Places of its address. */
  readonly holds?: number;
  readonly opening?: true;
}

function place({ name, known, age = 1, confirmed, holds = 1, opening }: Holder): Place & { name: string } {
  return {
    name,
    isKnown: known === true,
    startedAt: NOW - age * 1000,
    share: { count: holds },
    session: opening ? undefined : { isAnswered: confirmed !== undefined, confirmedBytes: confirmed ?? 0 },
  };
}

describe('A3: when all places for transfers are taken', () => {
  const fast = 1_000_000;
  const table: {
    name: string;
    holders: readonly Holder[];
    newcomer?: { known?: true; holds?: number };
    want: string | undefined;
  }[] = [
    {
      name: 'who has confirmed nothing for its time goes, known or not',
      holders: [
        { name: 'stranger', age: 4, holds: 9 },
        { name: 'overdue', age: 5, known: true },
      ],
      want: 'overdue',
    },
    {
      name: 'a stranger that has confirmed nothing goes at once, the oldest of them',
      holders: [
        { name: 'young', age: 1 },
        { name: 'old', age: 2 },
        { name: 'slow', age: 60, confirmed: 512 },
      ],
      want: 'old',
    },
    {
      name: 'of the address that holds most, so that a flood drives out itself',
      holders: [
        { name: 'good', age: 4 },
        { name: 'flood', age: 1, holds: 200 },
        { name: 'its older one', age: 2, holds: 200 },
      ],
      want: 'its older one',
    },
    {
      name: 'then a stranger that carries less than the floor',
      holders: [
        { name: 'fast', age: 60, confirmed: fast },
        { name: 'crawls', age: 60, confirmed: 60 * 1024 - 1 },
      ],
      want: 'crawls',
    },
    {
      name: 'that has had half a minute to get going',
      holders: [{ name: 'starts', age: 29, confirmed: 0 }],
      want: undefined,
    },
    {
      name: 'the floor holds from the start on: a fast beginning is no right to stay for ever',
      holders: [{ name: 'one block in 250 s', age: 1000, confirmed: 500_000 }],
      want: 'one block in 250 s',
    },
    {
      name: 'nobody goes for a stranger who holds as much',
      holders: [
        { name: 'a', confirmed: fast },
        { name: 'b', confirmed: fast, holds: 2 },
      ],
      newcomer: { holds: 1 },
      want: undefined,
    },
    {
      name: 'an address with many goes for one with none',
      holders: [
        { name: 'a', confirmed: fast },
        { name: 'b', confirmed: fast, holds: 2 },
      ],
      want: 'b',
    },
    {
      name: 'a stranger goes for a known machine',
      holders: [
        { name: 'known', known: true, confirmed: fast, holds: 9 },
        { name: 'stranger', confirmed: fast },
      ],
      newcomer: { known: true, holds: 5 },
      want: 'stranger',
    },
    {
      name: 'a known machine goes for no stranger',
      holders: [
        { name: 'waits', known: true, age: 4, holds: 9 },
        { name: 'crawls', known: true, age: 60, confirmed: 0, holds: 9 },
      ],
      want: undefined,
    },
    {
      name: 'one with many goes for another known one, the idle first',
      holders: [
        { name: 'busy', known: true, confirmed: fast, holds: 9 },
        { name: 'waits', known: true, age: 4, holds: 3 },
      ],
      newcomer: { known: true },
      want: 'waits',
    },
    {
      name: 'a storm of known machines waits for its turn',
      holders: [{ name: 'waits', known: true, age: 1 }],
      newcomer: { known: true },
      want: undefined,
    },
    {
      name: 'whose file is being opened stays',
      holders: [{ name: 'a', age: 99, opening: true }],
      want: undefined,
    },
  ];
  for (const { name, holders, newcomer = {}, want } of table) {
    it(name, () => {
      const who = { isKnown: newcomer.known === true, holds: newcomer.holds ?? 0 };
      for (const order of [holders, [...holders].reverse()]) {
        const weakest = weakestOf(order.map(place), NOW, patience);
        expect(weakest && makesRoom(weakest, who) ? weakest.place.name : undefined).to.equal(want);
      }
    });
  }
});
