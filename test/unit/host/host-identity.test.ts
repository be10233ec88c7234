import { expect } from 'chai';
import { InvalidValue } from '../../../src/errors.js';
import { identify, type ClaimedIdentity } from '../../../src/host/host-identity.js';
import { isPlaceholderSerial } from '../../../src/host/placeholder-serial.js';
import { usableUuid } from '../../../src/host/placeholder.js';
import { parseMac } from '../../../src/net/mac-address.js';

const uuid = '4c4c4544-0058-4b10-8032-b7c04f593832';
const mac = parseMac('52:54:00:00:00:01');

describe('the identity of a machine', () => {
  const rules = [
    { serial: 'MXQ00?', by: 'uuid' },
    { manufacturer: 'Supermicro', product: 'SYS-2029*', by: 'boardSerial' },
    { product: '*Blade*', by: 'chassisSlot' },
    { product: 'Twin', by: 'mac' },
  ] as const;
  const ruled: { name: string; claim: ClaimedIdentity; want: string }[] = [
    { name: 'by UUID, for its serial', claim: { serial: 'MXQ001', uuid, mac }, want: uuid },
    {
      name: 'by its serial, where none fits',
      claim: { serial: 'MXQ0011', uuid, mac },
      want: 'mxq0011',
    },
    {
      name: 'by its board',
      claim: { serial: 'S1', uuid, manufacturer: 'SUPERMICRO', product: 'SYS-2029TP', boardSerial: 'WM 17' },
      want: 'wm-17',
    },
    {
      name: 'by its UUID, where the board says nothing',
      claim: { serial: 'S1', uuid, manufacturer: 'Supermicro', product: 'SYS-2029TP', boardSerial: 'N/A' },
      want: uuid,
    },
    {
      name: 'by its serial, where one pattern of two does not fit',
      claim: { serial: 'S1', manufacturer: 'Dell', product: 'SYS-2029TP', boardSerial: 'WM17' },
      want: 's1',
    },
    {
      name: 'by chassis and slot',
      claim: { serial: 'C1', product: 'ACME Blade 7', chassisSerial: 'C1', slot: '0', uuid },
      want: 'c1-0',
    },
    {
      name: 'by UUID, where it does not tell its slot',
      claim: { serial: 'C1', product: 'Blade', chassisSerial: 'C1', uuid },
      want: uuid,
    },
    {
      name: 'by its network card',
      claim: { serial: 'T1', product: 'twin', uuid, mac },
      want: '52-54-00-00-00-01',
    },
    {
      name: 'by its serial, where it has nothing else',
      claim: { serial: 'T1', product: 'Twin' },
      want: 't1',
    },
  ];
  for (const { name, claim, want } of ruled) {
    it(`I1: is named by a rule ${name}`, () => {
      expect(identify(claim, rules).serial).to.equal(want);
    });
  }

  const cases: { name: string; claim: ClaimedIdentity; serial: string }[] = [
    { name: 'is its serial', claim: { serial: 'SER0001', uuid, mac }, serial: 'ser0001' },
    {
      name: 'is its UUID when the serial is a placeholder',
      claim: { serial: 'Default string', uuid, mac },
      serial: uuid,
    },
    {
      name: 'is its UUID when there is no serial',
      claim: { uuid: uuid.toUpperCase(), mac },
      serial: uuid,
    },
    {
      name: 'is its MAC address when the UUID is one that many boards share',
      claim: { serial: '0', uuid: '03000200-0400-0500-0006-000700080009', mac },
      serial: '52-54-00-00-00-01',
    },
    {
      name: 'is its MAC address when it has nothing else',
      claim: { mac },
      serial: '52-54-00-00-00-01',
    },
    {
      name: 'is VMware’s serial while it is whole',
      claim: { serial: 'VMware-56 4d 1a 2b 3c 4d 5e 6f-70 81 92 a3 b4 c5 d6 e7' },
      serial: 'vmware-56-4d-1a-2b-3c-4d-5e-6f-70-81-92-a3-b4-c5-d6-e7',
    },
    {
      name: 'is the UUID where VMware’s serial is cut short',
      claim: { serial: 'VMware-56 4d 1a 2b', uuid },
      serial: uuid,
    },
  ];
  for (const { name, claim, serial } of cases) {
    it(name, () => {
      expect(identify(claim)).to.include({ serial });
    });
  }

  it('carries the UUID and the MAC address along, where they are of use', () => {
    expect(identify({ serial: 'a1', uuid, mac })).to.deep.equal({
      serial: 'a1',
      uuid,
      mac,
    });
    expect(identify({ serial: 'a1', uuid: 'ffffffff-ffff-ffff-ffff-ffffffffffff' })).to.deep.equal({
      serial: 'a1',
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
  /** Samples that vendors ship, and what a rule for them must know as well. */
  const unfilled = [
    'MB-1234567890|SYS-1234567890|SN-12345|SSN12345678901234567|BSN12345678901234567|CSN12345678901234567',
    '123456789000|12345678901234567|0123456789ABCDEF|01234567|00000001|SystemSerialNumb',
    'System manufacturer|OEM_Serial|EVAL|Unknow|(null string)|Standard|TBD|S/N|Not Set|Unspecified',
    'Enter Serial|To be filled by O.E.M.01|SN0000000|01234567890123456789AB|System Product Name',
    'Chassis Serial Num|Base Board Serial Number|0000-0000',
  ].flatMap((line) => line.split('|'));
  for (const serial of unfilled) {
    it(`I2: takes ${serial} for a placeholder, by rule`, () => {
      expect(isPlaceholderSerial(serial)).to.equal(true);
    });
  }

  /** Of Dell, HPE, Supermicro, Lenovo, Cisco, Dell's boards, Fujitsu, Intel, QEMU's users, and such as operators write. */
  const real = [
    '4VX9Z52|JN1234K|2345678|1234568|CZ20120B5N|MXQ12345AB|CN7016343F00IE|S123456X1234567|E12345678901234',
    'J30012AB|S4ABCDEF|FCH1234V0AB|.7XK2Y82.CN1234567890.|YM5A012345|BQWL12345678',
    'VMware-56 4d 1a 2b 3c 4d 5e 6f-70 81 92 a3 b4 c5 d6 e7|SBX0001|rack-0|node7|sn1|0012345|ds-01',
    '0000-0000-1111-2222|123450|1357|alpha|system7|mb-0017|000012|kvm-host|10000001',
  ].flatMap((line) => line.split('|'));
  for (const serial of real) {
    it(`I2: takes ${serial} for a serial`, () => {
      expect(isPlaceholderSerial(serial)).to.equal(false);
    });
  }

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

  for (const shared of [
    '01010101-0101-0101-0101-010101010101',
    '6AB5B300-538D-1014-9FB5-B0684D007B53',
    '00112233-4455-6677-8899-aabbccddeeff',
    '8a95d198-7f46-11e5-bf8b-08002704d48e',
    '00000000-0000-0000-0000-000000000000',
    'FFFFFFFF-FFFF-FFFF-FFFF-FFFFFFFFFFFF',
    'fefefefe-fefe-fefe-fefe-fefefefefefe',
  ]) {
    it(`I3: ${shared}, which many machines have, names none of them`, () => {
      expect(usableUuid(shared)).to.equal(undefined);
    });
  }
});
