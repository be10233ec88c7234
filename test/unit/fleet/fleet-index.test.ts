import { expect } from 'chai';
import fc from 'fast-check';
import { newHost, type Host } from '../../../src/host/host.js';
import type { Serial } from '../../../src/host/serial.js';
import { toIpv4 } from '../../../src/net/ipv4.js';
import type { MacAddress } from '../../../src/net/mac-address.js';
import { FleetIndex } from '../../../src/fleet/fleet-index.js';

const serials = ['s1', 's2', 's3', 's4'] as Serial[];
const macs = ['52:54:00:00:00:01', '52:54:00:00:00:02', '52:54:00:00:00:03'] as MacAddress[];
const profiles = ['core', 'worker', 'default'];

const anyHost: fc.Arbitrary<Host> = fc
  .record({
    serial: fc.constantFrom(...serials),
    macAddresses: fc.subarray(macs),
    profile: fc.option(fc.constantFrom(...profiles), { nil: undefined }),
    address: fc.option(fc.integer({ min: 1, max: 5 }), { nil: undefined }),
    state: fc.constantFrom('configured' as const, 'running' as const),
  })
  .map(({ serial, macAddresses, profile, address, state }) =>
    newHost(serial, {
      macAddresses,
      state,
      ...(profile && { profile }),
      ...(address !== undefined && { internalAddress: toIpv4(address) }),
    }),
  );

const anyStep = fc.oneof(
  anyHost.map((host) => ({ put: host })),
  fc.constantFrom(...serials).map((serial) => ({ remove: serial })),
);

describe('the fleet in memory', () => {
  it('finds and counts, after any changes, exactly what a walk over all hosts finds', () => {
    fc.assert(
      fc.property(fc.array(anyStep, { maxLength: 40 }), (steps) => {
        const index = new FleetIndex();
        for (const step of steps) {
          if ('put' in step) index.put(step.put);
          else index.remove(step.remove);
        }
        const all = [...index.hosts()];
        expect(index.size).to.equal(all.length);
        for (const profile of profiles) {
          expect(index.profileCount(profile)).to.equal(all.filter((host) => host.profile === profile).length);
        }
        for (const host of all) expect(index.host(host.serial)).to.equal(host);
        const expectHolder = (found: Host | undefined, claims: (host: Host) => boolean) => {
          const claimants = all.filter(claims);
          const inUse = claimants.filter(({ state }) => state === 'running');
          expect([
            ...(inUse.length > 0 ? inUse : claimants),
            ...(claimants.length > 0 ? [] : [undefined]),
          ]).to.include(found);
        };
        for (const mac of macs)
          expectHolder(index.hostByMac(mac), ({ macAddresses }) => macAddresses.includes(mac));
        for (let address = 1; address <= 5; address += 1)
          expectHolder(index.hostByAddress(toIpv4(address)), (host) => host.internalAddress === address);
      }),
    );
  });

  it('finds a host by the address it booted with, before it reports all its addresses', () => {
    const index = new FleetIndex();
    index.put(newHost('s1' as Serial, { bootMac: macs[0]! }));
    expect(index.hostByMac(macs[0]!)?.serial).to.equal('s1');
  });

  it('forgets the keys that a host no longer has', () => {
    const index = new FleetIndex();
    index.put(newHost('s1' as Serial, { macAddresses: [macs[0]!], internalAddress: toIpv4(7) }));
    index.put(newHost('s1' as Serial, { macAddresses: [macs[1]!] }));
    expect(index.hostByMac(macs[0]!)).to.equal(undefined);
    expect(index.hostByAddress(toIpv4(7))).to.equal(undefined);
  });

  describe('of several hosts that claim a key', () => {
    const mac = macs[0]!;
    const claimant = (serial: string, facts: Partial<Host> = {}) =>
      newHost(serial as Serial, { macAddresses: [mac], ...facts });
    const without = (serial: string) => newHost(serial as Serial);
    const running = { state: 'running' as const };
    const installing = { state: 'installing' as const };
    const table: { name: string; puts: Host[]; removes?: string[]; want: string | undefined }[] = [
      { name: 'the last to claim it has it', puts: [claimant('s1'), claimant('s2')], want: 's2' },
      {
        name: 'the one before has it again when that gives it up',
        puts: [claimant('s1'), claimant('s2'), without('s2')],
        want: 's1',
      },
      {
        name: 'the one before has it again when that is gone',
        puts: [claimant('s1'), claimant('s2'), claimant('s3')],
        removes: ['s3', 's2'],
        want: 's1',
      },
      {
        name: 'the last keeps it when the first is gone',
        puts: [claimant('s1'), claimant('s2')],
        removes: ['s1'],
        want: 's2',
      },
      {
        name: 'another change of the first is no new claim',
        puts: [claimant('s1'), claimant('s2'), claimant('s1', { cabinet: 3 })],
        want: 's2',
      },
      {
        name: 'one that is in use comes first',
        puts: [claimant('s1', running), claimant('s2')],
        want: 's1',
      },
      {
        name: 'one comes first from when it is in use',
        puts: [claimant('s1'), claimant('s2'), claimant('s1', running)],
        want: 's1',
      },
      {
        name: 'one that is being installed comes first',
        puts: [claimant('s1', installing), claimant('s2')],
        want: 's1',
      },
      {
        name: 'a stranger that came into use meanwhile does not keep it from one that was being installed',
        puts: [claimant('s1', installing), claimant('s2'), claimant('s2', running), claimant('s1', running)],
        want: 's1',
      },
      {
        name: 'of two in use the first that came into use has it',
        puts: [claimant('s1'), claimant('s2'), claimant('s2', running), claimant('s1', running)],
        want: 's2',
      },
      {
        name: 'one in use that claims it last does not take it from another in use',
        puts: [without('s1'), claimant('s2', running), claimant('s1', running)],
        want: 's2',
      },
      {
        name: 'none has it when all are gone',
        puts: [claimant('s1'), claimant('s2'), claimant('s3')],
        removes: ['s2', 's1', 's3'],
        want: undefined,
      },
    ];
    for (const { name, puts, removes = [], want } of table) {
      it(name, () => {
        const index = new FleetIndex();
        for (const host of puts) index.put(host);
        for (const serial of removes) index.remove(serial as Serial);
        expect(index.hostByMac(mac)?.serial).to.equal(want);
      });
    }
  });
});
