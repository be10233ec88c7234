import { expect } from 'chai';
import { newHost } from '../../../src/host/host.js';
import { parseSerial } from '../../../src/host/serial.js';
import { arrivalOfSerial, claimOfQuery } from '../../../src/http/identity.js';
import { parseIpv4 } from '../../../src/net/ipv4.js';
import { parseMac } from '../../../src/net/mac-address.js';
import { InMemoryHostStore } from '../../support/fake-host-store.js';

const mac = parseMac('52:54:00:00:00:01');
const asking = parseIpv4('10.75.0.100');
const fixed = parseIpv4('10.75.0.20');
const known = newHost(parseSerial('by-uuid'), { bootMac: mac, internalAddress: fixed });

describe('claimOfQuery', () => {
  const cases = [
    { query: {}, want: {} },
    { query: { serial: 'S1', uuid: 'u', mac: '52-54-00-00-00-01' }, want: { serial: 'S1', uuid: 'u', mac } },
    { query: { serial: '', uuid: ' ', mac: '' }, want: {} },
    { query: { serial: ['a', 'b'], mac: 'zz' }, want: { serial: 'a' } },
    { query: { serial: 'x'.repeat(300) }, want: {} },
  ];
  for (const { query, want } of cases) {
    it(JSON.stringify(query).slice(0, 60), () => {
      expect(claimOfQuery(query)).to.deep.equal({
        serial: undefined,
        uuid: undefined,
        mac: undefined,
        ...want,
      });
    });
  }
});

describe('arrivalOfSerial', () => {
  const leased = { macOfAddress: (address: number) => (address === asking ? mac : undefined) };
  const fleet = new InMemoryHostStore([known]);
  const cases = [
    { name: 'its serial', raw: 'SER 1', address: asking, fleet, want: 'ser-1 52:54:00:00:00:01' },
    { name: 'its serial, without a lease', raw: 'ser1', address: undefined, fleet, want: 'ser1 undefined' },
    {
      name: 'the holder of the lease',
      raw: 'None',
      address: asking,
      fleet,
      want: 'by-uuid 52:54:00:00:00:01',
    },
    { name: 'who has the address', raw: '', address: fixed, fleet, want: 'by-uuid undefined' },
    {
      name: 'the MAC address of the lease, where that is nobody yet',
      raw: '0',
      address: asking,
      fleet: new InMemoryHostStore(),
      want: '52-54-00-00-00-01 52:54:00:00:00:01',
    },
    { name: 'nothing', raw: 'None', address: parseIpv4('10.75.0.101'), fleet, want: 'no serial ? :/' },
    { name: 'nothing, without an address', raw: '', address: undefined, fleet, want: 'no serial ? :/' },
  ];
  for (const { name, raw, address, fleet: hosts, want } of cases) {
    it(`knows a machine by ${name}`, () => {
      const said = () => {
        try {
          const arrival = arrivalOfSerial(raw, address, { fleet: hosts, leases: leased });
          return `${arrival.serial} ${arrival.mac}`;
        } catch (error) {
          return error instanceof Error ? error.message : '';
        }
      };
      expect(said()).to.equal(want);
    });
  }
});
