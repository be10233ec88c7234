import { expect } from 'chai';
import { PlaceShares, type Sharer } from '../../../src/net/place-shares.js';

const names = { inAll: 'http-connections', perAddress: 'http-connections-per-address' };

class Connection implements Sharer {
  constructor(
    readonly name: string,
    readonly address: string,
    readonly isKnown: boolean,
  ) {}
}

/** `s1` is a stranger at address s, `K2` a known one at K; with `!` it works. */
const connection = (name: string) => new Connection(name, name.charAt(0), /^[A-Z]/.test(name));

const cases = [
  { name: 'lets in while there are places', there: ['a1', 'b1'], newcomer: 'c1', isIn: true },
  {
    name: 'closes the idlest of an address that has its share',
    there: ['a1', 'b1', 'a2'],
    newcomer: 'a3',
    isIn: true,
    instead: 'a1',
    reached: 'http-connections-per-address',
  },
  {
    name: 'closes an idle one of an address before one that works',
    there: ['a1!', 'a2'],
    newcomer: 'a3',
    isIn: true,
    instead: 'a2',
    reached: 'http-connections-per-address',
  },
  {
    name: 'turns away who has his share and works on all of them',
    there: ['a1!', 'a2!'],
    newcomer: 'a3',
    isIn: false,
    reached: 'http-connections-per-address',
  },
  {
    name: 'holds machines that it knows to their share as well',
    there: ['A1!', 'A2!'],
    newcomer: 'A3',
    isIn: false,
    reached: 'http-connections-per-address',
  },
  {
    name: 'closes the idlest stranger when all places are taken',
    there: ['K1', 'b1', 'c1', 'd1!'],
    newcomer: 'e1',
    isIn: true,
    instead: 'b1',
    reached: 'http-connections',
  },
  {
    name: 'closes no machine that it knows for a stranger',
    there: ['K1', 'L1', 'M1', 'd1!'],
    newcomer: 'e1',
    isIn: false,
    reached: 'http-connections',
  },
  {
    name: 'closes a working stranger for a machine that it knows',
    there: ['K1', 'L1!', 'b1!', 'c1!'],
    newcomer: 'M1',
    isIn: true,
    instead: 'b1',
    reached: 'http-connections',
  },
  {
    name: 'closes the idlest known one for another when no stranger is there',
    there: ['K1!', 'L1', 'M1', 'N1'],
    newcomer: 'O1',
    isIn: true,
    instead: 'L1',
    reached: 'http-connections',
  },
  {
    name: 'turns away when all work that it knows',
    there: ['K1!', 'L1!', 'M1!', 'N1!'],
    newcomer: 'O1',
    isIn: false,
    reached: 'http-connections',
  },
];

describe('PlaceShares', () => {
  for (const { name, there, newcomer, ...want } of cases) {
    it(name, () => {
      const shares = new PlaceShares<Connection, string>(names);
      for (const each of there) {
        const one = connection(each.slice(0, 2));
        expect(shares.enter(one, { inAll: 4, perAddress: 2 })).to.deep.equal({ isIn: true });
        if (each.endsWith('!')) shares.begin(one);
      }
      const { instead, ...got } = shares.enter(connection(newcomer), { inAll: 4, perAddress: 2 });
      expect({ ...got, ...(instead && { instead: instead.name }) }).to.deep.equal(want);
    });
  }

  it('counts as idle from the last answer on, and not what trickles in meanwhile', () => {
    const shares = new PlaceShares<Connection, string>(names);
    const limits = { inAll: 3, perAddress: 3 };
    const [first, second, third] = ['a1', 'a2', 'a3'].map(connection) as [Connection, Connection, Connection];
    for (const each of [first, second, third]) shares.enter(each, limits);
    shares.begin(first);
    shares.end(first);
    expect(shares.enter(connection('a4'), limits).instead).to.equal(second);
    expect(shares.enter(connection('a5'), limits).instead).to.equal(third);
    expect(shares.enter(connection('a6'), limits).instead).to.equal(first);
  });

  it('gives a place back once, and what a closed stranger still does counts until it leaves', () => {
    const shares = new PlaceShares<Connection, string>(names);
    const limits = { inAll: 1, perAddress: 1 };
    const stranger = connection('a1');
    shares.enter(stranger, limits);
    shares.begin(stranger);
    expect(shares.enter(connection('K1'), limits).instead).to.equal(stranger);
    expect(shares.size).to.equal(2);
    shares.end(stranger);
    shares.leave(stranger);
    shares.leave(stranger);
    expect(shares.size).to.equal(1);
    expect(shares.enter(connection('b1'), limits).isIn).to.equal(false);
  });
});
