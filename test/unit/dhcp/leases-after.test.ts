import { expect } from 'chai';
import type { LeaseEffect, LeaseGrant } from '../../../src/dhcp/lease.js';
import { leasesAfter, LeaseTable, type LeaseView } from '../../../src/dhcp/lease-table.js';
import { formatIpv4, parseIpv4, parseSubnet } from '../../../src/net/ipv4.js';

const subnet = parseSubnet('10.75.0.0/24');
const range = { first: parseIpv4('10.75.0.100'), last: parseIpv4('10.75.0.101') };
const grant = (key: string, address: string): LeaseGrant => ({
  address: parseIpv4(address),
  key,
  expiresAt: 60_000,
  mac: undefined,
  hostname: '',
  relayPort: '',
  chainedUntil: 0,
  declines: 0,
});

describe('dhcp/leases-after', () => {
  const candidate = (view: LeaseView, key: string) => {
    const found = view.candidate(subnet.network, key, undefined, 0);
    return found && formatIpv4(found.address);
  };
  let table: LeaseTable;
  beforeEach(() => {
    table = new LeaseTable([{ subnet, range, excluded: () => false }]);
  });

  for (const { kind, state } of [
    { kind: 'offer', state: 'offered' },
    { kind: 'bind', state: 'bound' },
  ] as const) {
    it(`has the client of a thought ${kind} at its address, while the table itself stays as it is`, () => {
      const view = leasesAfter(table, { kind, grant: grant('a', '10.75.0.101') });
      expect(view.at(parseIpv4('10.75.0.101'))).to.include({ key: 'a', state });
      expect(view.find(subnet.network, 'a')).to.include({ state });
      expect(candidate(view, 'a')).to.equal('10.75.0.101');
      expect([table.size, candidate(table, 'a')]).to.deep.equal([0, '10.75.0.100']);
    });
  }

  it('has other clients as they are', () => {
    table.apply({ kind: 'bind', grant: grant('b', '10.75.0.100') });
    const view = leasesAfter(table, { kind: 'offer', grant: grant('a', '10.75.0.101') });
    expect(view.find(subnet.network, 'b')).to.include({ state: 'bound' });
    expect(view.at(parseIpv4('10.75.0.100'))).to.include({ key: 'b' });
    expect(candidate(view, 'b')).to.equal('10.75.0.100');
  });

  it('takes no offer for what a client has longer, and takes it for one that has less', () => {
    const address = parseIpv4('10.75.0.100');
    table.apply({ kind: 'bind', grant: grant('a', '10.75.0.100') });
    const offered = (expiresAt: number) =>
      leasesAfter(table, { kind: 'offer', grant: { ...grant('a', '10.75.0.100'), expiresAt } }).at(address);
    expect(offered(59_999)).to.include({ state: 'bound', expiresAt: 60_000 });
    expect(offered(60_001)).to.include({ state: 'offered', expiresAt: 60_001 });
  });

  it('adds one thought to the other', () => {
    const effects: LeaseEffect[] = [
      { kind: 'offer', grant: grant('a', '10.75.0.101') },
      { kind: 'bind', grant: { ...grant('a', '10.75.0.101'), chainedUntil: 9 } },
      { kind: 'release', address: parseIpv4('10.75.0.101'), at: 1 },
    ];
    const view = effects.reduce<LeaseView>(leasesAfter, table);
    expect(view.at(parseIpv4('10.75.0.101'))).to.include({ state: 'bound', chainedUntil: 9 });
  });
});
