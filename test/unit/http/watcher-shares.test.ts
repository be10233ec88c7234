import { expect } from 'chai';
import { WatcherShares } from '../../../src/http/watcher-shares.js';

const most = { 'event-watchers': 4, 'event-watchers-per-address': 3, 'event-watchers-per-operator': 2 };

const cases = [
  { name: 'lets in', there: ['a anna'], newcomer: 'a anna', want: undefined },
  {
    name: 'holds an address to its share',
    there: ['a', 'a', 'a'],
    newcomer: 'a',
    want: 'event-watchers-per-address',
  },
  { name: 'leaves places to other addresses', there: ['a', 'a', 'a'], newcomer: 'b', want: undefined },
  {
    name: 'holds an operator to his share, wherever he is',
    there: ['a anna', 'b anna'],
    newcomer: 'c anna',
    want: 'event-watchers-per-operator',
  },
  { name: 'counts nobody by name who gives none', there: ['a', 'b', 'c'], newcomer: 'd', want: undefined },
  { name: 'has so many places in all', there: ['a', 'b', 'c', 'd'], newcomer: 'e', want: 'event-watchers' },
];

const watcherOf = (text: string) => {
  const [address = '', operator] = text.split(' ');
  return { address, operator };
};

describe('WatcherShares', () => {
  for (const { name, there, newcomer, want } of cases) {
    it(`A9: ${name}`, () => {
      const shares = new WatcherShares();
      const watchers = there.map(watcherOf);
      for (const each of watchers) expect(shares.enter(each, most)).to.equal(undefined);
      expect(shares.enter(watcherOf(newcomer), most)).to.equal(want);
      for (const each of watchers) shares.leave(each);
      expect(shares.enter(watcherOf('z anna'), most)).to.equal(undefined);
    });
  }
});
