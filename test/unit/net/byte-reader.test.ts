import { expect } from 'chai';
import { DecodeError } from '../../../src/errors.js';
import { ByteReader } from '../../../src/net/byte-reader.js';

describe('a byte reader', () => {
  it('reads in network order and counts its way', () => {
    const reader = new ByteReader(Uint8Array.of(1, 2, 3, 10, 75, 0, 1, 9, 8));
    expect([reader.uint8('a'), reader.uint16('b'), reader.ipv4('c'), reader.offset]).to.deep.equal([
      1, 0x0203, 0x0a4b0001, 7,
    ]);
    expect([...reader.rest()]).to.deep.equal([9, 8]);
    expect(reader.remaining).to.equal(0);
  });

  it('reads a view that starts inside a larger buffer', () => {
    expect(new ByteReader(Buffer.from('0000beef', 'hex').subarray(2)).uint16('mark')).to.equal(0xbeef);
  });

  for (const read of ['uint8', 'uint16', 'uint32', 'ipv4'] as const) {
    it(`names the field that ${read} found cut short`, () => {
      expect(() => new ByteReader(new Uint8Array(0))[read]('xid')).to.throw(
        DecodeError,
        /xid needs \d bytes at offset 0, only 0 are left/,
      );
    });
  }
});
