import { expect } from 'chai';
import { InvalidValue } from '../../../src/errors.js';
import {
  broadcastAddress,
  formatIpv4,
  formatSubnet,
  isHostAddress,
  netmask,
  parseIpv4,
  parseSubnet,
  rangeContains,
  rangeSize,
  rangesOverlap,
  subnetContains,
} from '../../../src/net/ipv4.js';

describe('a subnet', () => {
  for (const { text, mask, broadcast } of [
    { text: '10.75.0.0/24', mask: '255.255.255.0', broadcast: '10.75.0.255' },
    { text: '10.0.0.0/8', mask: '255.0.0.0', broadcast: '10.255.255.255' },
    { text: '192.168.1.4/30', mask: '255.255.255.252', broadcast: '192.168.1.7' },
    { text: '128.0.0.0/1', mask: '128.0.0.0', broadcast: '255.255.255.255' },
  ]) {
    it(`${text} has mask ${mask} and broadcast address ${broadcast}`, () => {
      const subnet = parseSubnet(text);
      expect([
        formatSubnet(subnet),
        formatIpv4(netmask(subnet)),
        formatIpv4(broadcastAddress(subnet)),
      ]).to.deep.equal([text, mask, broadcast]);
    });
  }

  for (const { text, why } of [
    { text: '10.75.0.1/24', why: /its network address is 10\.75\.0\.0: write 10\.75\.0\.0\/24/ },
    { text: '10.75.0.0/31', why: /prefix length from 1 to 30/ },
    { text: '10.75.0.0/0', why: /prefix length from 1 to 30/ },
    { text: '10.75.0.0', why: /write a network and a prefix length/ },
    { text: '10.75.0.0/24/1', why: /write a network and a prefix length/ },
    { text: '10.75.0.0/-1', why: /write a network and a prefix length/ },
  ]) {
    it(`does not read ${text}`, () => expect(() => parseSubnet(text)).to.throw(InvalidValue, why));
  }

  it('lends hosts neither its first nor its last address', () => {
    const subnet = parseSubnet('10.75.0.0/24');
    const answers = ['10.75.0.0', '10.75.0.1', '10.75.0.254', '10.75.0.255', '10.75.1.1'].map((text) =>
      isHostAddress(subnet, parseIpv4(text)),
    );
    expect(answers).to.deep.equal([false, true, true, false, false]);
    expect(subnetContains(subnet, parseIpv4('10.75.0.255'))).to.equal(true);
  });
});

describe('a range of addresses', () => {
  const range = { first: parseIpv4('10.0.0.10'), last: parseIpv4('10.0.0.20') };

  it('holds both its ends', () => {
    expect(rangeSize(range)).to.equal(11);
    const answers = ['10.0.0.9', '10.0.0.10', '10.0.0.20', '10.0.0.21'].map((text) =>
      rangeContains(range, parseIpv4(text)),
    );
    expect(answers).to.deep.equal([false, true, true, false]);
  });

  for (const { first, last, overlaps } of [
    { first: '10.0.0.1', last: '10.0.0.9', overlaps: false },
    { first: '10.0.0.1', last: '10.0.0.10', overlaps: true },
    { first: '10.0.0.12', last: '10.0.0.13', overlaps: true },
    { first: '10.0.0.20', last: '10.0.0.30', overlaps: true },
    { first: '10.0.0.21', last: '10.0.0.30', overlaps: false },
  ]) {
    it(`${overlaps ? 'meets' : 'does not meet'} ${first}-${last}`, () => {
      expect(rangesOverlap(range, { first: parseIpv4(first), last: parseIpv4(last) })).to.equal(overlaps);
    });
  }
});
