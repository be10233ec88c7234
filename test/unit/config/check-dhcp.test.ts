import { expect } from 'chai';
import { ConfigInvalid, parseConfig } from '../../../src/config/parse-config.js';

/** The lines that tests write begin here. */
const FIRST = 10;
const head = `cluster: test
network:
  interface: br0
  serverAddress: 10.75.0.1
  subnet: 10.75.0.0/24
  router: 10.75.0.254
  bootstrapRange: { first: 10.75.0.100, last: 10.75.0.199 }
  hostRange: { first: 10.75.0.10, last: 10.75.0.99 }
profiles: [{ name: default, osVersion: v1 }]
`;

function faultsOf(dhcp: readonly string[]): string[] {
  try {
    parseConfig(`${head}${['dhcp:', ...dhcp].join('\n')}\n`, 'test.yaml');
    return [];
  } catch (error) {
    if (error instanceof ConfigInvalid) return error.message.split('\n').slice(1);
    throw error;
  }
}

describe('addresses that DHCP reserves', () => {
  const relayed =
    '  subnets: [{ subnet: 10.76.0.0/24, router: 10.76.0.254, range: { first: 10.76.0.50, last: 10.76.0.60 } }]';
  const table = [
    { name: 'outside of all ranges', address: '10.75.0.5', want: undefined },
    { name: 'inside the pool, which leaves it out then', address: '10.75.0.150', want: undefined },
    { name: 'on a network behind a relay', address: '10.76.0.55', want: undefined },
    {
      name: 'on no network',
      address: '10.77.0.5',
      want: /10\.77\.0\.5 is not an address for a host in 10\.75\.0\.0\/24, 10\.76\.0\.0\/24/,
    },
    { name: 'the address of a network', address: '10.75.0.0', want: /is not an address for a host/ },
    { name: 'a broadcast address', address: '10.76.0.255', want: /is not an address for a host/ },
    {
      name: 'the server’s own',
      address: '10.75.0.1',
      want: /10\.75\.0\.1 is network\.serverAddress already/,
    },
    { name: 'the router’s', address: '10.75.0.254', want: /is network\.router already/ },
    {
      name: 'the router’s of a network behind a relay',
      address: '10.76.0.254',
      want: /is dhcp\.subnets\.0\.router already/,
    },
    {
      name: 'among those of the hosts',
      address: '10.75.0.20',
      want: /is in network\.hostRange 10\.75\.0\.10 ?[-–] ?10\.75\.0\.99/,
    },
  ];
  for (const { name, address, want } of table) {
    it(`${name}: ${want ? 'a fault, with its line' : 'sound'}`, () => {
      const faults = faultsOf([
        relayed,
        '  reservations:',
        '    - { mac: "52:54:00:00:00:01", hostname: printer }',
        `    - { mac: "52:54:00:00:00:02", address: ${address} }`,
      ]);
      expect(faults).to.have.length(want ? 1 : 0);
      if (!want) return;
      expect(faults[0]).to.match(want);
      expect(faults[0])
        .to.include(`${FIRST + 4}:`)
        .and.to.include('dhcp.reservations[1].address');
    });
  }
});

describe('networks behind relays', () => {
  for (const { subnet, sound } of [
    { subnet: '10.76.0.0/24', sound: true },
    { subnet: '10.75.0.0/25', sound: false },
    { subnet: '10.0.0.0/8', sound: false },
  ]) {
    it(`${subnet} ${sound ? 'is' : 'is not'} one beside 10.75.0.0/24`, () => {
      const faults = faultsOf([`  subnets: [{ subnet: ${subnet} }]`]);
      expect(faults).to.have.length(sound ? 0 : 1);
      if (!sound) expect(faults[0]).to.include('overlaps network.subnet 10.75.0.0/24');
    });
  }
});
