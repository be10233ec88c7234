import { expect } from 'chai';
import fc from 'fast-check';
import { parseRange } from '../../../src/http/file-part.js';

const cases: readonly [header: string | undefined, want: string][] = [
  [undefined, 'whole'],
  ['bytes=0-0', 'part 0 0'],
  ['bytes=0-99', 'part 0 99'],
  ['bytes=10-', 'part 10 99'],
  ['bytes=10-500', 'part 10 99'],
  ['bytes=-1', 'part 99 99'],
  ['bytes=-500', 'part 0 99'],
  ['bytes=-0', 'unsatisfiable'],
  ['bytes=100-', 'unsatisfiable'],
  ['bytes=100-200', 'unsatisfiable'],
  ['bytes=20-10', 'whole'],
  ['bytes=0-1,5-6', 'whole'],
  ['bytes=-', 'whole'],
  ['bytes=a-b', 'whole'],
  ['lines=1-2', 'whole'],
  ['BYTES=5-5', 'part 5 5'],
  ['bytes=99999999999999999999-', 'whole'],
];

describe('parseRange of 100 bytes', () => {
  for (const [header, want] of cases) {
    it(`${header ?? 'none'}: ${want}`, () => {
      expect(Object.values(parseRange(header, 100)).join(' ')).to.equal(want);
    });
  }

  it('never reaches outside the file', () => {
    fc.assert(
      fc.property(fc.nat(), fc.nat(), fc.nat(), (first, last, size) => {
        const range = parseRange(`bytes=${first}-${last}`, size);
        if (range.kind !== 'part') return;
        expect(range.start).to.be.at.least(0).and.at.most(range.end);
        expect(range.end).to.be.below(size);
      }),
    );
  });

  it('has nothing of an empty file', () => {
    expect(parseRange('bytes=0-', 0).kind).to.equal('unsatisfiable');
    expect(parseRange('bytes=-5', 0).kind).to.equal('unsatisfiable');
  });
});
