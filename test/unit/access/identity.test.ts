import { expect } from 'chai';
import { newHost } from '../../../src/host/host.js';
import { parseSerial } from '../../../src/host/serial.js';
import {
  arrivalOfClaim,
  arrivalOfSerial,
  claimOfQuery,
  hardwareOfQuery,
  nicsOfQuery,
} from '../../../src/access/identity.js';
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
  it('takes the network cards that iPXE drives, and leaves out what is none', () => {
    const nics = ['52-54-00-00-00-01', '', '52-54-00-00-00-02', '52-54-00-00-00-01', 'zz'].join(',');
    expect(nicsOfQuery({ nics })).to.deep.equal(['52:54:00:00:00:01', '52:54:00:00:00:02']);
    expect(nicsOfQuery({ nics: ',,,' })).to.deep.equal([]);
  });

  for (const { query, want } of cases) {
    it(JSON.stringify(query).slice(0, 60), () => {
      expect(claimOfQuery(query)).to.deep.equal({
        serial: undefined,
        uuid: undefined,
        mac: undefined,
        manufacturer: undefined,
        product: undefined,
        boardSerial: undefined,
        chassisSerial: undefined,
        slot: undefined,
        ...want,
      });
    });
  }
});

describe('hardwareOfQuery', () => {
  for (const { query, want } of [
    { query: {}, want: {} },
    { query: { manufacturer: '', product: ' ', memsize: '' }, want: {} },
    {
      query: { manufacturer: 'Dell Inc.', product: 'R740', memsize: '65536' },
      want: { manufacturer: 'Dell Inc.', product: 'R740', memoryBytes: 65536 * 1024 * 1024 },
    },
    { query: { memsize: '0' }, want: {} },
    { query: { memsize: '-1' }, want: {} },
    { query: { memsize: '1e9' }, want: {} },
    { query: { memsize: '1234567890' }, want: {} },
    { query: { product: 'a\u001b[2Jb' }, want: { product: 'a\ufffd[2Jb' } },
  ]) {
    it(JSON.stringify(query), () => expect(hardwareOfQuery(query)).to.deep.equal(want));
  }
});

describe('arrivalOfClaim', () => {
  const other = parseMac('52:54:00:00:00:02');
  const uuid = '11111111-2222-3333-4444-555555555555';
  const rules = [{ serial: 'TWIN*', by: 'uuid' }] as const;
  const cases = [
    {
      name: 'I1: one of two with a serial is named by the rule',
      leasedTo: other,
      serial: 'TWIN1',
      want: uuid,
    },
    {
      name: 'I1: the one that was a host before the rule keeps its name',
      leasedTo: mac,
      serial: 'TWIN1',
      want: 'twin1',
    },
    {
      name: 'I2: so does one under a name that is taken for none now',
      leasedTo: mac,
      serial: '00000001',
      want: '00000001',
    },
    { name: 'I2: another with it is named by its UUID', leasedTo: other, serial: '00000001', want: uuid },
    {
      name: 'a card of a host of quite another name changes nothing',
      leasedTo: mac,
      serial: 'else',
      want: 'else',
    },
  ];
  for (const { name, leasedTo, serial, want } of cases) {
    it(name, () => {
      const fleet = new InMemoryHostStore([
        newHost(parseSerial(serial === 'else' ? 'someone' : serial), { cards: [mac] }),
      ]);
      const claim = { serial, uuid, mac: leasedTo };
      expect(arrivalOfClaim(claim, { leasedTo }, fleet, rules).serial).to.equal(want);
    });
  }

  it('A12: a machine without any name is called by the card that it leased by, not by the one that it claims', () => {
    const arrival = arrivalOfClaim({ mac }, { leasedTo: other }, new InMemoryHostStore(), []);
    expect([arrival.serial, arrival.mac]).to.deep.equal(['52-54-00-00-00-02', other]);
  });
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
    {
      name: 'I1: the holder of the lease, where a rule says that the serial names none',
      raw: 'TWIN1',
      address: asking,
      fleet,
      want: 'by-uuid 52:54:00:00:00:01',
    },
    {
      name: 'I2: a name that is taken for none now, where a host has it',
      raw: '00000001',
      address: undefined,
      fleet: new InMemoryHostStore([newHost(parseSerial('00000001'))]),
      want: '00000001 undefined',
    },
    { name: 'nothing', raw: 'None', address: parseIpv4('10.75.0.101'), fleet, want: 'no serial ? :/' },
    { name: 'nothing, without an address', raw: '', address: undefined, fleet, want: 'no serial ? :/' },
  ];
  for (const { name, raw, address, fleet: hosts, want } of cases) {
    it(`knows a machine by ${name}`, () => {
      const said = () => {
        try {
          const arrival = arrivalOfSerial(raw, address, {
            fleet: hosts,
            leases: leased,
            rules: [{ serial: 'twin?', by: 'uuid' }],
          });
          return `${arrival.serial} ${arrival.mac}`;
        } catch (error) {
          return error instanceof Error ? error.message : '';
        }
      };
      expect(said()).to.equal(want);
    });
  }

  for (const mac of ['00-00-00-00-00-00', 'ff-ff-ff-ff-ff-ff', '01-00-5e-00-00-01']) {
    it(`N3: /ipxe?mac=${mac} names no machine`, () => {
      expect(claimOfQuery({ mac, serial: '', uuid: '' }).mac).to.equal(undefined);
    });
  }
});
