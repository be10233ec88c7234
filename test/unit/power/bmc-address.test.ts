import { expect } from 'chai';
import { parseSubnet } from '../../../src/net/ipv4.js';
import { assertAllowed, parseBmcAddress, parseReportedBmcAddress } from '../../../src/power/bmc-address.js';

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

describe('parseReportedBmcAddress', () => {
  const own = ['10.75.0.1', '192.168.1.5', 'fd00::5'];
  for (const text of ['10.76.0.9', ' 10.76.0.9 ', '192.0.2.7', '2001:db8::9', 'fd00::9']) {
    it(`takes '${text}'`, () => expect(parseReportedBmcAddress(text, own)).to.equal(text.trim()));
  }
  for (const { name, text } of [
    { name: 'this server', text: '10.75.0.1' },
    { name: 'another address of this server', text: '192.168.1.5' },
    { name: 'an IPv6 address of this server, at length', text: 'fd00:0:0:0:0:0:0:5' },
    { name: 'the secrets of a cloud', text: '169.254.169.254' },
    { name: 'the secrets of another cloud', text: '100.100.100.200' },
    { name: 'the secrets of a cloud by IPv6', text: 'fd00:ec2::254' },
    { name: 'this server in disguise', text: '::ffff:10.75.0.1' },
    { name: 'loopback', text: '127.0.0.1' },
    { name: 'loopback elsewhere', text: '127.9.9.9' },
    { name: 'loopback of IPv6', text: '::1' },
    { name: 'nothing', text: '0.0.0.0' },
    { name: 'link-local', text: '169.254.0.17' },
    { name: 'link-local of IPv6', text: 'fe80::1' },
    { name: 'link-local with a zone', text: 'fe80::1%eth0' },
    { name: 'multicast', text: '224.0.0.1' },
    { name: 'multicast of IPv6', text: 'ff02::1' },
    { name: 'broadcast', text: '255.255.255.255' },
    { name: 'reserved', text: '240.0.0.1' },
    { name: 'a name: who answers for it decides', text: 'bmc7' },
    { name: 'an option', text: '-Iopen' },
    { name: 'a mistyped address', text: '10.76.0.999' },
  ]) {
    it(`refuses ${name}`, () =>
      expect(() => parseReportedBmcAddress(text, own)).to.throw('is not an address that a BMC can have'));
  }
});

describe('assertAllowed', () => {
  const allowed = [parseSubnet('10.76.0.0/24'), parseSubnet('10.77.0.0/16')];
  const provisioned = [parseSubnet('10.75.0.0/24'), parseSubnet('198.51.100.0/24')];
  const own = ['10.75.0.1', '192.168.1.5', 'fd00::5'];
  const local = 'no place of a BMC';
  const outside = 'outside power.networks';
  const foreign = 'neither private nor in a network that imago provisions';
  for (const { address, networks, refusal } of [
    { address: '10.76.0.9', networks: allowed },
    { address: '10.77.3.9', networks: allowed },
    { address: '127.0.0.1', networks: [parseSubnet('127.0.0.0/8')] },
    { address: '10.78.0.9', networks: allowed, refusal: outside },
    { address: '10.75.0.9', networks: allowed, refusal: outside },
    { address: 'bmc7', networks: allowed, refusal: outside },
    { address: '2001:db8::9', networks: allowed, refusal: outside },
    { address: '10.75.0.1', networks: [parseSubnet('10.75.0.0/24')], refusal: 'this server itself' },
    { address: '10.78.0.9', networks: [] },
    { address: '172.31.0.9', networks: [] },
    { address: '192.168.7.9', networks: [] },
    { address: '100.64.0.9', networks: [] },
    { address: '198.51.100.9', networks: [] },
    { address: 'fd00::9', networks: [] },
    { address: 'bmc7.example.net', networks: [] },
    { address: '192.0.2.7', networks: [], refusal: foreign },
    { address: '172.32.0.9', networks: [], refusal: foreign },
    { address: '127.0.0.1', networks: [], refusal: local },
    { address: '::ffff:10.76.0.9', networks: [], refusal: local },
    { address: '169.254.0.17', networks: [], refusal: local },
    { address: '169.254.169.254', networks: [], refusal: local },
    { address: '100.100.100.200', networks: [], refusal: local },
    { address: 'fd00:ec2::254', networks: [], refusal: local },
    { address: '224.0.0.1', networks: [], refusal: local },
    { address: '192.168.1.5', networks: [], refusal: 'this server itself' },
    { address: 'fd00:0::5', networks: [], refusal: 'this server itself' },
    { address: '2001:db8::9', networks: [], refusal: foreign },
    { address: 'fe80::1', networks: [], refusal: local },
    { address: '10.75.0.1', networks: [], refusal: 'this server itself' },
  ]) {
    it(`${address} ${refusal ? `may not be sent credentials: ${refusal}` : 'may be sent credentials'} (${networks.length} networks)`, () => {
      const check = () => assertAllowed(parseBmcAddress(address), { allowed: networks, provisioned, own });
      if (refusal) expect(check).to.throw(refusal);
      else check();
    });
  }
});
