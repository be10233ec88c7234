import { expect } from 'chai';
import fc from 'fast-check';
import { InvalidValue } from '../../../src/errors.js';
import { hyphenated, macFromBytes, macToBytes, parseMac, tryParseMac } from '../../../src/net/mac-address.js';

describe('a MAC address', () => {
  for (const text of ['52:54:00:AB:cd:01', '52-54-00-ab-cd-01', '5254.00ab.cd01', '525400ABCD01']) {
    it(`is read as written: ${text}`, () => expect(parseMac(text)).to.equal('52:54:00:ab:cd:01'));
  }

  for (const text of [
    '',
    '52:54:00:ab:cd',
    '52:54:00:ab:cd:01:02',
    '52:54-00:ab:cd:01',
    '5g:54:00:ab:cd:01',
    '52:54:00:ab:cd:01\n',
  ]) {
    it(`does not read ${JSON.stringify(text)}`, () => {
      expect(tryParseMac(text)).to.equal(undefined);
      expect(() => parseMac(text)).to.throw(InvalidValue, /six pairs of hex digits/);
    });
  }

  it('keeps its bytes both ways', () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 6, maxLength: 6 }), (bytes) => {
        expect(macToBytes(macFromBytes(bytes))).to.deep.equal(bytes);
      }),
    );
  });

  it('has a form for file names', () =>
    expect(hyphenated(parseMac('52:54:00:00:00:01'))).to.equal('52-54-00-00-00-01'));
});
