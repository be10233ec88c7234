import { expect } from 'chai';
import fc from 'fast-check';
import {
  byteLength,
  byteSlice,
  compareStrings,
  forOutside,
  fromBytes,
  joined,
  toBytes,
} from '../../../src/go-template/go-string.js';

/** Without half a pair of code units. */
const WELL_FORMED = /^[^\ud800-\udfff]*$/u;

/** Bytes of which many are UTF-8, or nearly. */
const bytes = fc
  .array(
    fc.oneof(
      fc.uint8Array({ maxLength: 5 }).map((some) => Buffer.from(some)),
      fc.string({ unit: 'binary' }).map((text) => Buffer.from(text)),
      fc
        .constantFrom([0xef, 0xbf, 0xbd], [0xed, 0xa0, 0x80], [0xc0, 0x80], [0xf4, 0x90, 0x80, 0x80], [0xc3])
        .map((some) => Buffer.from(some)),
    ),
  )
  .map((parts) => Buffer.concat(parts));

describe('a string of Go', () => {
  it('is its bytes, whatever they are', () => {
    fc.assert(fc.property(bytes, (some) => toBytes(fromBytes(some)).equals(some)));
  });

  it('is as long as its bytes, and is cut between any of them', () => {
    fc.assert(
      fc.property(bytes, fc.nat(20), fc.nat(20), (some, start, length) => {
        const text = fromBytes(some);
        expect(byteLength(text)).to.equal(some.length);
        expect(
          toBytes(byteSlice(text, start, start + length)).equals(some.subarray(start, start + length)),
        ).to.equal(true);
      }),
    );
  });

  it('is whole again when its halves are put together', () => {
    fc.assert(
      fc.property(bytes, fc.nat(20), (some, at) => {
        const halves = fromBytes(some.subarray(0, at)) + fromBytes(some.subarray(at));
        expect(joined(halves)).to.equal(fromBytes(some));
      }),
    );
  });

  it('has the order of its bytes', () => {
    fc.assert(
      fc.property(bytes, bytes, (one, other) => {
        expect(Math.sign(compareStrings(fromBytes(one), fromBytes(other)))).to.equal(
          Buffer.compare(one, other),
        );
      }),
    );
    expect(compareStrings('\ufb01', '😀')).to.be.lessThan(0);
  });

  it('is told to the world outside with U+FFFD for what is no UTF-8', () => {
    expect(forOutside(fromBytes(Buffer.from([0x61, 0xff, 0xc3, 0xa9])))).to.equal('a\ufffdé');
    fc.assert(fc.property(bytes, (some) => WELL_FORMED.test(forOutside(fromBytes(some)))));
  });
});
