import { expect } from 'chai';
import { parseConfig } from '../../../src/config/parse-config.js';
import { houseConfig } from '../../support/http-house.js';

const nic = (text: string) => houseConfig.replace('profiles:', `  extraNics: [${text}]\nprofiles:`);
const range = 'range: { first: 10.80.0.10, last: 10.80.0.20 }';

const cases: readonly { name: string; nics: string; want: RegExp }[] = [
  {
    name: 'a range outside of its subnet',
    nics: `{ name: eth1, subnet: 10.82.0.0/24, ${range} }`,
    want: /10\.80\.0\.10 is not an address for a host in 10\.82\.0\.0\/24/,
  },
  {
    name: 'a subnet within that of the provisioning network',
    nics: '{ name: eth1, subnet: 10.75.0.0/25, range: { first: 10.75.0.1, last: 10.75.0.2 } }',
    want: /overlaps network\.subnet 10\.75\.0\.0\/24/,
  },
  {
    name: 'a range the wrong way round',
    nics: '{ name: eth1, subnet: 10.80.0.0/24, range: { first: 10.80.0.20, last: 10.80.0.10 } }',
    want: /ends before it begins/,
  },
  {
    name: 'a router that a host would be given for an address',
    nics: `{ name: eth1, subnet: 10.80.0.0/24, ${range}, routes: [{ to: 10.96.0.0/12, via: 10.80.0.15 }] }`,
    want: /10\.80\.0\.15 is in the range of the hosts/,
  },
  {
    name: 'a router out of reach',
    nics: `{ name: eth1, subnet: 10.80.0.0/24, ${range}, routes: [{ to: 10.96.0.0/12, via: 10.83.0.1 }] }`,
    want: /10\.83\.0\.1 is not an address for a host in 10\.80\.0\.0\/24/,
  },
  {
    name: 'a name twice',
    nics: `{ name: eth1, subnet: 10.80.0.0/24, ${range} }, { name: eth1, subnet: 10.80.0.0/24, ${range} }`,
    want: /'eth1' is the name of an earlier one/,
  },
  {
    name: 'a name that no interface can have',
    nics: `{ name: 'eth 1', subnet: 10.80.0.0/24, ${range} }`,
    want: /is not the name of a network interface/,
  },
];

describe('network.extraNics', () => {
  for (const { name, nics, want } of cases) {
    it(`refuses ${name}`, () => {
      expect(() => parseConfig(nic(nics), 'c.yaml')).to.throw(want);
    });
  }

  it('takes interfaces with routes and VLANs', () => {
    const config = parseConfig(nic(`{ name: storage, vlan: 20, subnet: 10.80.0.0/24, ${range} }`), 'c.yaml');
    expect(config.network.extraNics).to.have.lengthOf(1);
  });
});
