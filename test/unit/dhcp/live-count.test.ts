import { expect } from 'chai';
import fc from 'fast-check';
import { LeaseTable } from '../../../src/dhcp/lease-table.js';
import { isLive, type Lease } from '../../../src/dhcp/lease.js';
import { parseIpv4, parseSubnet, toIpv4 } from '../../../src/net/ipv4.js';

const first = parseIpv4('10.75.0.20');
const pool = {
  subnet: parseSubnet('10.75.0.0/24'),
  range: { first, last: toIpv4(first + 9) },
  excluded: () => false,
};

const step = fc.record({
  what: fc.constantFrom('bind', 'bind', 'offer', 'release', 'decline', 'withdraw', 'pools', 'prune'),
  offset: fc.nat(9),
  wait: fc.nat(20),
  seconds: fc.integer({ min: 1, max: 60 }),
});

describe('the number of leases in force', () => {
  it('is that of all leases that are, whatever happened, to the second', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 100 }), (steps) => {
        const table = new LeaseTable([pool]);
        let now = 0;
        for (const { what, offset, wait, seconds } of steps) {
          now += wait * 1000;
          const address = toIpv4(first + offset);
          if (what === 'bind' || what === 'offer') {
            table.apply({ kind: what, grant: grant(offset, now + seconds * 1000) });
          } else if (what === 'decline') {
            table.apply({ kind: what, address, until: now + seconds * 1000, byClient: true });
          } else if (what === 'pools') table.reconfigure([pool], 'mac');
          else if (what === 'prune') table.prune(now);
          else table.apply({ kind: what, address, at: now });
          const live = [...table.all()].filter((lease) => isLive(lease, now - 1));
          expect(table.liveCount(now)).to.equal(live.length);
        }
      }),
    );
  });

  it('is right again after a clock that was set back', () => {
    const table = new LeaseTable([pool]);
    table.apply({ kind: 'bind', grant: grant(0, 50_000) });
    expect([table.liveCount(0), table.liveCount(60_000), table.liveCount(10_000)]).to.deep.equal([1, 0, 0]);
    table.apply({ kind: 'bind', grant: grant(0, 120_000) });
    expect(table.liveCount(70_000)).to.equal(1);
  });
});

function grant(offset: number, expiresAt: number): Omit<Lease, 'state'> {
  return {
    address: toIpv4(first + offset),
    key: `client ${offset}`,
    expiresAt,
    mac: undefined,
    hostname: '',
    relayPort: offset % 2 === 0 ? 'port' : '',
    chainedUntil: 0,
    declines: 0,
  };
}
