import { expect } from 'chai';
import fc from 'fast-check';
import { encodePackIndex, orderOfIds } from '../../../src/git/pack-index.js';

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

  it('is laid out as gitformat-pack says', () => {
    const ids = ['ff', '00'].map((byte) => Buffer.from(byte.repeat(20), 'hex'));
    const objects = { ids: Buffer.concat(ids), offsets: [12, 99], crcs: [1, 0xffffffff] };
    const index = encodePackIndex(objects, [1, 0], Buffer.alloc(20, 'c')).toString('hex');
    const parts = {
      magicAndVersion: 'ff744f6300000002',
      counts: '00000001'.repeat(255) + '00000002',
      ids: '00'.repeat(20) + 'ff'.repeat(20),
      crcs: 'ffffffff00000001',
      offsets: '000000630000000c',
      packChecksum: '63'.repeat(20),
    };
    expect(index.slice(0, -40)).to.equal(Object.values(parts).join(''));
  });
});
