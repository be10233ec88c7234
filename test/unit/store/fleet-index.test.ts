import { expect } from 'chai';
import fc from 'fast-check';
import { newHost, type Host } from '../../../src/host/host.js';
import type { Serial } from '../../../src/host/serial.js';
import { toIpv4 } from '../../../src/net/ipv4.js';
import type { MacAddress } from '../../../src/net/mac-address.js';
import { FleetIndex } from '../../../src/store/fleet-index.js';

const serials = ['s1', 's2', 's3', 's4'] as Serial[];
const macs = ['52:54:00:00:00:01', '52:54:00:00:00:02', '52:54:00:00:00:03'] as MacAddress[];
const profiles = ['core', 'worker', 'default'];

const anyHost: fc.Arbitrary<Host> = fc
  .record({
    serial: fc.constantFrom(...serials),
    macAddresses: fc.subarray(macs),
    profile: fc.option(fc.constantFrom(...profiles), { nil: undefined }),
    address: fc.option(fc.integer({ min: 1, max: 5 }), { nil: undefined }),
    uuid: fc.option(fc.constantFrom('u1', 'u2'), { nil: undefined }),
  })
  .map(({ serial, macAddresses, profile, address, uuid }) =>
    newHost(serial, {
      macAddresses,
      ...(profile && { profile }),
      ...(address !== undefined && { internalAddress: toIpv4(address) }),
      ...(uuid && { uuid }),
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
        for (const mac of macs) {
          const found = index.hostByMac(mac);
          if (found) expect(found.macAddresses).to.include(mac);
        }
        for (let address = 1; address <= 5; address += 1) {
          const found = index.hostByAddress(toIpv4(address));
          if (found) expect(found.internalAddress).to.equal(address);
          const holders = all.filter((host) => host.internalAddress === address);
          if (holders.length === 0) expect(found).to.equal(undefined);
        }
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
    index.put(newHost('s1' as Serial, { macAddresses: [macs[0]!], uuid: 'u1', internalAddress: toIpv4(7) }));
    index.put(newHost('s1' as Serial, { macAddresses: [macs[1]!] }));
    expect(index.hostByMac(macs[0]!)).to.equal(undefined);
    expect(index.hostByUuid('u1')).to.equal(undefined);
    expect(index.hostByAddress(toIpv4(7))).to.equal(undefined);
  });

  it('leaves a key with the host that claimed it last', () => {
    const index = new FleetIndex();
    index.put(newHost('s1' as Serial, { uuid: 'u1' }));
    index.put(newHost('s2' as Serial, { uuid: 'u1' }));
    index.remove('s1' as Serial);
    expect(index.hostByUuid('u1')?.serial).to.equal('s2');
  });
});
