import { expect } from 'chai';
import fc from 'fast-check';
import { formatIpv4, LIMITED_BROADCAST, parseIpv4, toIpv4, tryParseIpv4 } from '../../../src/net/ipv4.js';
import { InvalidValue } from '../../../src/errors.js';

describe('an IPv4 address', () => {
  for (const { text, value } of [
    { text: '0.0.0.0', value: 0 },
    { text: '10.75.0.1', value: 0x0a4b0001 },
    { text: '255.255.255.255', value: 0xffffffff },
  ]) {
    it(`reads ${text}`, () => expect(parseIpv4(text)).to.equal(value));
  }

  for (const text of [
    '',
    '10.75.0',
    '10.75.0.1.2',
    '256.0.0.1',
    '01.2.3.4',
    '1.2.3.4 ',
    ' 1.2.3.4',
    '1.2.3.-4',
    '::1',
    '1.2.3.4\n',
  ]) {
    it(`does not read ${JSON.stringify(text)}`, () => {
      expect(tryParseIpv4(text)).to.equal(undefined);
      expect(() => parseIpv4(text)).to.throw(InvalidValue, /is not an IPv4 address: write four numbers/);
    });
  }

  it('reads back what it wrote, whatever the address', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 0xffffffff }), (value) => {
        expect(parseIpv4(formatIpv4(toIpv4(value)))).to.equal(value);
      }),
    );
  });

  it('stays unsigned', () => expect(formatIpv4(LIMITED_BROADCAST)).to.equal('255.255.255.255'));
});
