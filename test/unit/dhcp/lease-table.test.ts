import { expect } from 'chai';
import fc from 'fast-check';
import { LeaseTable } from '../../../src/dhcp/lease-table.js';
import type { PoolSettings } from '../../../src/dhcp/lease-pool.js';
import { formatIpv4, parseIpv4, parseSubnet, toIpv4, type Ipv4 } from '../../../src/net/ipv4.js';
import { parseMac, type MacAddress } from '../../../src/net/mac-address.js';

const network = parseIpv4('10.75.0.0');
const first = parseIpv4('10.75.0.20');

function pool(size: number, excluded: readonly string[] = []): PoolSettings {
  const addresses = new Set(excluded.map(parseIpv4));
  return {
    subnet: parseSubnet('10.75.0.0/24'),
    range: { first, last: toIpv4(first + size - 1) },
    excluded: (address) => addresses.has(address),
  };
}

function grant(key: string, address: Ipv4, expiresAt: number, relayPort = '') {
  return { key, address, expiresAt, mac: undefined, hostname: '', relayPort, chainedUntil: 0, declines: 0 };
}

function take(table: LeaseTable, key: string, now: number, seconds: number): string | undefined {
  const address = table.candidate(network, key, undefined, now)?.address;
  if (address === undefined) return undefined;
  table.apply({ kind: 'bind', grant: grant(key, address, now + seconds) });
  return formatIpv4(address);
}

describe('LeaseTable', () => {
  it('gives fresh addresses first, then the one longest out of use', () => {
    const table = new LeaseTable([pool(3)]);
    expect([take(table, 'a', 0, 50), take(table, 'b', 0, 10), take(table, 'c', 0, 20)]).to.deep.equal([
      '10.75.0.20',
      '10.75.0.21',
      '10.75.0.22',
    ]);
    expect(take(table, 'd', 9, 10)).to.equal(undefined);
    expect(table.candidate(network, 'd', undefined, 30)).to.deep.equal({ address: first + 1, reused: true });
  });

  it('gives a client the address it had, as long as nobody else got it', () => {
    const table = new LeaseTable([pool(2)]);
    take(table, 'a', 0, 10);
    take(table, 'b', 0, 5);
    expect(take(table, 'a', 100, 10)).to.equal('10.75.0.20');
    expect(take(table, 'c', 101, 100)).to.equal('10.75.0.21');
    expect(take(table, 'b', 111, 100)).to.equal('10.75.0.20');
    expect(take(table, 'a', 112, 100)).to.equal(undefined);
  });

  it('skips what belongs to somebody', () => {
    const table = new LeaseTable([pool(3, ['10.75.0.20', '10.75.0.22'])]);
    expect([take(table, 'a', 0, 10), take(table, 'b', 0, 10)]).to.deep.equal(['10.75.0.21', undefined]);
  });

  it('knows no address of a network without a pool, or of no network', () => {
    const table = new LeaseTable([
      { subnet: parseSubnet('10.75.0.0/24'), range: undefined, excluded: () => false },
    ]);
    expect(table.candidate(network, 'a', undefined, 0)).to.equal(undefined);
    expect(table.candidate(parseIpv4('10.9.0.0'), 'a', undefined, 0)).to.equal(undefined);
  });

  it('an offer does not shorten the lease that its client holds', () => {
    const table = new LeaseTable([pool(3)]);
    table.apply({ kind: 'bind', grant: grant('a', first, 1000) });
    table.apply({ kind: 'offer', grant: grant('a', first, 30) });
    expect(table.at(first)).to.include({ state: 'bound', expiresAt: 1000 });
  });

  it('says what has to be kept: offers and their end have not', () => {
    const table = new LeaseTable([pool(3)]);
    expect(table.apply({ kind: 'offer', grant: grant('a', first, 30) })).to.equal(undefined);
    expect(table.apply({ kind: 'withdraw', address: first, at: 5 })).to.equal(undefined);
    expect(table.apply({ kind: 'bind', grant: grant('a', first, 30) })).to.include({ state: 'bound' });
    expect(table.apply({ kind: 'release', address: first, at: 6 })).to.include({
      state: 'released',
      expiresAt: 6,
    });
    expect(table.apply({ kind: 'release', address: toIpv4(first + 1), at: 6 })).to.equal(undefined);
    expect(table.apply({ kind: 'decline', address: first, until: 99, byClient: true })).to.include({
      state: 'declined',
    });
  });

  it('counts the live leases behind a relay port', () => {
    const table = new LeaseTable([pool(5)]);
    table.apply({ kind: 'bind', grant: grant('a', first, 10, 'p1') });
    table.apply({ kind: 'bind', grant: grant('b', toIpv4(first + 1), 20, 'p1') });
    table.apply({ kind: 'bind', grant: grant('c', toIpv4(first + 2), 20, 'p2') });
    expect([table.liveAtPort('p1', 5), table.liveAtPort('p1', 15), table.liveAtPort('p1', 25)]).to.deep.equal(
      [2, 1, 0],
    );
    expect(table.liveAtPort('p3', 5)).to.equal(0);
  });

  it('keeps leases when pools change, and forgets those of a network that is gone', () => {
    const table = new LeaseTable([pool(2)]);
    take(table, 'a', 0, 100);
    table.reconfigure([pool(4)], 'mac');
    expect(take(table, 'a', 1, 100)).to.equal('10.75.0.20');
    expect(take(table, 'b', 1, 100)).to.equal('10.75.0.21');
    table.reconfigure([], 'mac');
    table.prune(50);
    expect(table.size).to.equal(2);
    table.prune(102);
    expect(table.size).to.equal(0);
  });

  describe('counts an epoch of each address', () => {
    const card = (end: number) => parseMac(`52:54:00:00:00:0${end}`);
    const bind = (table: LeaseTable, key: string, mac: MacAddress | undefined, address = first) => {
      table.apply({ kind: 'bind', grant: { ...grant(key, address, 100), mac } });
      return table.at(address)?.epoch;
    };

    it('which stays while one card has it, whatever that calls itself, and though it gives it back in between', () => {
      const table = new LeaseTable([pool(3)]);
      expect(bind(table, 'hw-a', card(1))).to.equal(1);
      expect(bind(table, 'id-a', card(1))).to.equal(1);
      table.apply({ kind: 'release', address: first, at: 5 });
      expect(bind(table, 'hw-a', card(1))).to.equal(1);
    });

    it('which moves for another one, after a release, after its end, and when the first one returns', () => {
      const table = new LeaseTable([pool(3)]);
      bind(table, 'hw-a', card(1));
      table.apply({ kind: 'release', address: first, at: 5 });
      expect(bind(table, 'hw-b', card(2))).to.equal(2);
      expect(bind(table, 'hw-c', card(3))).to.equal(3);
      expect(bind(table, 'hw-a', card(1))).to.equal(4);
      expect(bind(table, 'id-x', undefined)).to.equal(5);
      expect(bind(table, 'id-x', undefined)).to.equal(5);
    });

    it('which no address has twice, whichever leases are forgotten or come from disk', () => {
      const table = new LeaseTable([pool(3)]);
      bind(table, 'hw-a', card(1));
      table.reconfigure([], 'mac');
      table.prune(1000);
      expect(table.size).to.equal(0);
      table.reconfigure([pool(3)], 'mac');
      expect(bind(table, 'hw-b', card(2))).to.equal(2);
      table.restore({ ...grant('hw-c', toIpv4(first + 1), 50), state: 'bound', epoch: 9 });
      table.restore({ ...grant('hw-d', toIpv4(first + 2), 50), state: 'bound' });
      expect(table.at(toIpv4(first + 2))?.epoch).to.equal(0);
      expect(bind(table, 'hw-c', card(3))).to.equal(10);
    });
  });

  it('never has one address in force for two clients, whatever happens', () => {
    const step = fc.record({
      what: fc.constantFrom('take', 'take', 'take', 'release', 'decline', 'withdraw', 'offer'),
      key: fc.constantFrom('a', 'b', 'c', 'd', 'e', 'f'),
      wait: fc.nat(30),
      seconds: fc.integer({ min: 1, max: 60 }),
    });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 100 }), (steps) => {
        const table = new LeaseTable([pool(4)]);
        const held = new Map<string, { address: Ipv4; until: number }>();
        let now = 0;
        for (const { what, key, wait, seconds } of steps) {
          now += wait;
          const mine = held.get(key);
          if (what === 'take' || what === 'offer') {
            const address = table.candidate(network, key, undefined, now)?.address;
            if (address === undefined) continue;
            for (const [other, lease] of held) {
              if (other !== key && lease.address === address) expect(lease.until).to.be.at.most(now);
            }
            table.apply({
              kind: what === 'take' ? 'bind' : 'offer',
              grant: grant(key, address, now + seconds),
            });
            const until = table.at(address)?.expiresAt ?? 0;
            held.set(key, { address, until });
          } else if (mine !== undefined && table.at(mine.address)?.key === key) {
            if (what === 'decline')
              table.apply({ kind: 'decline', address: mine.address, until: now + seconds, byClient: true });
            else table.apply({ kind: what, address: mine.address, at: now });
            held.delete(key);
          }
        }
      }),
    );
  });
});
