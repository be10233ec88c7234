import { expect } from 'chai';
import { parseSubnet } from '../../../src/net/subnet.js';
import { assertAllowed, parseBmcAddress } from '../../../src/power/bmc-address.js';

describe('parseBmcAddress', () => {
  for (const text of [
    '10.76.0.9',
    ' 10.76.0.9 ',
    'fe80::1',
    '2001:db8::9',
    'bmc-7.rack1.example.net',
    'bmc7',
  ]) {
    it(`takes '${text}'`, () => expect(parseBmcAddress(text)).to.equal(text.trim()));
  }
  for (const text of [
    '',
    '0.0.0.0',
    '10.76.0',
    '10.76.0.999',
    '-H',
    '-Iopen',
    'a b',
    'bmc;reboot',
    '$(x)',
    'a/../b',
    'user@bmc',
    'x'.repeat(300),
  ]) {
    it(`refuses '${text.slice(0, 20)}'`, () =>
      expect(() => parseBmcAddress(text)).to.throw('the address of a BMC'));
  }
});

describe('assertAllowed', () => {
  const networks = [parseSubnet('10.76.0.0/24'), parseSubnet('10.77.0.0/16')];
  const table = [
    { address: '10.76.0.9', networks, isAllowed: true },
    { address: '10.77.3.9', networks, isAllowed: true },
    { address: '10.78.0.9', networks, isAllowed: false },
    { address: 'bmc7', networks, isAllowed: false },
    { address: '2001:db8::9', networks, isAllowed: false },
    { address: '10.78.0.9', networks: [], isAllowed: true },
  ];
  for (const { address, networks, isAllowed } of table) {
    it(`${address} ${isAllowed ? 'may' : 'may not'} be sent credentials with ${networks.length} networks`, () => {
      const check = () => assertAllowed(parseBmcAddress(address), networks);
      if (isAllowed) check();
      else expect(check).to.throw('outside power.networks');
    });
  }
});
