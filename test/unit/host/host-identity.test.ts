import { expect } from 'chai';
import { InvalidValue } from '../../../src/errors.js';
import { identify, type ClaimedIdentity } from '../../../src/host/host-identity.js';
import { isPlaceholderSerial, usableUuid } from '../../../src/host/placeholder.js';
import { parseMac } from '../../../src/net/mac-address.js';

const uuid = '4c4c4544-0058-4b10-8032-b7c04f593832';
const mac = parseMac('52:54:00:00:00:01');

describe('the identity of a machine', () => {
  const cases: { name: string; claim: ClaimedIdentity; serial: string; source: string }[] = [
    { name: 'is its serial', claim: { serial: 'SER0001', uuid, mac }, serial: 'ser0001', source: 'serial' },
    {
      name: 'is its UUID when the serial is a placeholder',
      claim: { serial: 'Default string', uuid, mac },
      serial: uuid,
      source: 'uuid',
    },
    {
      name: 'is its UUID when there is no serial',
      claim: { uuid: uuid.toUpperCase(), mac },
      serial: uuid,
      source: 'uuid',
    },
    {
      name: 'is its MAC address when the UUID is one that many boards share',
      claim: { serial: '0', uuid: '03000200-0400-0500-0006-000700080009', mac },
      serial: '52-54-00-00-00-01',
      source: 'mac',
    },
    {
      name: 'is its MAC address when it has nothing else',
      claim: { mac },
      serial: '52-54-00-00-00-01',
      source: 'mac',
    },
    {
      name: 'is VMware’s serial while it is whole',
      claim: { serial: 'VMware-56 4d 1a 2b 3c 4d 5e 6f-70 81 92 a3 b4 c5 d6 e7' },
      serial: 'vmware-56-4d-1a-2b-3c-4d-5e-6f-70-81-92-a3-b4-c5-d6-e7',
      source: 'serial',
    },
    {
      name: 'is the UUID where VMware’s serial is cut short',
      claim: { serial: 'VMware-56 4d 1a 2b', uuid },
      serial: uuid,
      source: 'uuid',
    },
  ];
  for (const { name, claim, serial, source } of cases) {
    it(name, () => {
      expect(identify(claim)).to.include({ serial, source });
    });
  }

  it('carries the UUID and the MAC address along, where they are of use', () => {
    expect(identify({ serial: 'a1', uuid, mac })).to.deep.equal({
      serial: 'a1',
      source: 'serial',
      uuid,
      mac,
    });
    expect(identify({ serial: 'a1', uuid: 'ffffffff-ffff-ffff-ffff-ffffffffffff' })).to.deep.equal({
      serial: 'a1',
      source: 'serial',
    });
  });

  it('of a machine that tells nothing is refused, with the remedy', () => {
    expect(() => identify({ serial: 'None' })).to.throw(InvalidValue, 'boot it through /boot.ipxe');
  });

  const placeholders = [
    '',
    ' ',
    '0',
    '00000000',
    '0123456789',
    '123456789',
    'None',
    'NONE',
    'N/A',
    'To be filled by O.E.M.',
    'To Be Filled By O.E.M',
    'Default string',
    'System Serial Number',
    'Not Specified',
    'Chassis Serial Number',
    'xxxxxxxx',
    'FFFFFFFF',
    '........',
    'VMware-',
    'VMware-56 4d',
    'INVALID',
    'Unknown',
    'Serial Number',
    'empty',
    'OEM',
  ];
  for (const serial of placeholders) {
    it(`takes ${JSON.stringify(serial)} for a placeholder`, () => {
      expect(isPlaceholderSerial(serial)).to.equal(true);
    });
  }

  for (const serial of ['SER0001', '7XK2Y82', 'CZ3239ABCD', '1234567890A', 'J3001', 'none-1']) {
    it(`takes ${serial} for a serial`, () => {
      expect(isPlaceholderSerial(serial)).to.equal(false);
    });
  }

  for (const given of [
    undefined,
    '',
    'zz',
    uuid.slice(1),
    '00000000-0000-0000-0000-000000000000',
    'FFFFFFFF-FFFF-FFFF-FFFF-FFFFFFFFFFFF',
    '12345678-1234-5678-90AB-CDDEEFAABBCC',
  ]) {
    it(`takes ${String(given)} for no UUID`, () => {
      expect(usableUuid(given)).to.equal(undefined);
    });
  }
});
