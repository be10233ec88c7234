import { expect } from 'chai';
import { parseIpv4 } from '../../../src/net/ipv4.js';
import { Unanswered } from '../../../src/tftp/eviction.js';

interface Asked {
  readonly name: string;
  readonly peer: { readonly address: ReturnType<typeof parseIpv4> };
  session: { isAnswered: boolean } | undefined;
}

const asked = (name: string, host: number): Asked => ({
  name,
  peer: { address: parseIpv4(`10.75.0.${host}`) },
  session: { isAnswered: false },
});

describe('A3: those who have confirmed nothing', () => {
  const set = (): { waiting: Unanswered<Asked>; all: Asked[] } => {
    const waiting = new Unanswered<Asked>();
    const all = [asked('good', 1), asked('flood 1', 2), asked('flood 2', 2), asked('other', 3)];
    for (const each of all) waiting.add(each);
    return { waiting, all };
  };
  const order = (waiting: Unanswered<Asked>): string[] => {
    const names: string[] = [];
    for (let next = waiting.next(); next; next = waiting.next()) {
      names.push(next.name);
      waiting.delete(next);
    }
    return names;
  };

  it('go in the order of how many their address has, the oldest first', () => {
    expect(order(set().waiting)).to.deep.equal(['flood 1', 'good', 'other', 'flood 2']);
  });

  it('are passed over once they have confirmed something', () => {
    const { waiting, all } = set();
    for (const each of all.slice(1, 3)) each.session = { isAnswered: true };
    expect(order(waiting)).to.deep.equal(['good', 'other']);
  });

  it('stay while their file is being opened', () => {
    const { waiting, all } = set();
    for (const each of all) if (each.name !== 'other') each.session = undefined;
    expect(order(waiting)).to.deep.equal(['other']);
    for (const each of all) each.session ??= { isAnswered: false };
    expect(order(waiting)).to.have.members(['flood 1', 'flood 2', 'good']);
  });

  it('are nobody when all have left, though some leave twice', () => {
    const { waiting, all } = set();
    for (const each of [...all, ...all]) waiting.delete(each);
    expect(waiting.next()).to.equal(undefined);
  });
});
