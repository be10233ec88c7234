import { expect } from 'chai';
import fc from 'fast-check';
import { encodePackIndex, orderOfIds, readPackIndex } from '../../../src/git/pack-index.js';

/** Ids of which many share their first bytes, and some are the same. */
const ids = fc.array(
  fc
    .tuple(fc.constantFrom('aabbcc', 'aabbcd', '000000', 'ffffff'), fc.constantFrom('00', '01', '80', 'ff'))
    .map(([start, end]) => Buffer.from(start + '7f'.repeat(16) + end, 'hex')),
);

function sorted(list: readonly Buffer[]): readonly string[] {
  return [...list].sort((a, b) => Buffer.compare(a, b)).map((id) => id.toString('hex'));
}

describe('an index of a pack', () => {
  it('has its ids in the order of their bytes, equal ones in the order of their places', () => {
    fc.assert(
      fc.property(ids, (list) => {
        const order = [...orderOfIds(Buffer.concat(list))];
        expect(order.map((place) => list[place]?.toString('hex'))).to.deep.equal(sorted(list));
        for (const [position, place] of order.entries()) {
          const before = order[position - 1];
          if (before !== undefined && list[before]?.equals(list[place] ?? Buffer.alloc(0)))
            expect(before).to.be.lessThan(place);
        }
      }),
    );
  });

  it('is read as it was written, but for what is left out', () => {
    const list = ['ff', '00', '7f'].map((byte) => Buffer.from(byte.repeat(20), 'hex'));
    const objects = { ids: Buffer.concat(list), offsets: [12, 99, 0x7fffffff], crcs: [1, 0xffffffff, 3] };
    const read = readPackIndex(encodePackIndex(objects, [1, 0], Buffer.alloc(20)));
    expect(read.ids.toString('hex')).to.equal('00'.repeat(20) + 'ff'.repeat(20));
    expect(Array.from(read.offsets)).to.deep.equal([99, 12]);
    expect(Array.from(read.crcs)).to.deep.equal([0xffffffff, 1]);
  });

  it('of a pack of 2 GiB is not read, nor one of another version', () => {
    const objects = { ids: Buffer.alloc(20), offsets: [0x80000000], crcs: [0] };
    const large = encodePackIndex(objects, [0], Buffer.alloc(20));
    expect(() => readPackIndex(large)).to.throw(RangeError, '2 GiB');
    large.writeUInt32BE(3, 4);
    expect(() => readPackIndex(large)).to.throw(RangeError, 'version 2');
  });
});
