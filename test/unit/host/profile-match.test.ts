import { expect } from 'chai';
import fc from 'fast-check';
import {
  conditionsOf,
  covers,
  fitsMatch,
  type MatchedMachine,
  type ProfileMatch,
} from '../../../src/host/profile-match.js';
import { parseMac } from '../../../src/net/mac-address.js';

const GIGABYTE = 1e9;
const machine: MatchedMachine = {
  manufacturer: 'Dell Inc.',
  product: 'PowerEdge R740',
  mac: parseMac('52:54:00:00:00:01'),
  memoryBytes: 64 * GIGABYTE,
  disks: [
    { name: 'sda', bytes: 480 * GIGABYTE },
    { name: 'nvme0n1', bytes: 2000 * GIGABYTE },
  ],
};

/** Each condition as `field wanted / found: verdict`. */
function told(match: ProfileMatch, of: MatchedMachine): string[] {
  return conditionsOf(match, of).map(
    ({ field, wanted, found, verdict }) => `${field} ${wanted} / ${found ?? 'not told'}: ${verdict}`,
  );
}

describe('the conditions of a profile', () => {
  const table: { match: ProfileMatch; of?: MatchedMachine; want: string[] }[] = [
    { match: {}, want: [] },
    { match: { manufacturer: 'dell*' }, want: ['manufacturer dell* / Dell Inc.: holds'] },
    { match: { manufacturer: 'HP*' }, want: ['manufacturer HP* / Dell Inc.: fails'] },
    { match: { product: 'PowerEdge R7?0' }, want: ['product PowerEdge R7?0 / PowerEdge R740: holds'] },
    { match: { product: 'x' }, of: {}, want: ['product x / not told: unknown'] },
    {
      match: { mac: ['3c:ec:ef', '52:54'] },
      want: ['mac 3c:ec:ef… or 52:54… / 52:54:00:00:00:01: holds'],
    },
    { match: { mac: ['52:55'] }, want: ['mac 52:55… / 52:54:00:00:00:01: fails'] },
    { match: { mac: ['52:55'] }, of: {}, want: ['mac 52:55… / not told: unknown'] },
    { match: { memory: { minGigabytes: 64 } }, want: ['memory 64 GB or more / 64 GB: holds'] },
    { match: { memory: { minGigabytes: 64.1 } }, want: ['memory 64.1 GB or more / 64 GB: fails'] },
    { match: { memory: { maxGigabytes: 64 } }, want: ['memory 64 GB or less / 64 GB: holds'] },
    { match: { memory: { maxGigabytes: 63 } }, want: ['memory 63 GB or less / 64 GB: fails'] },
    {
      match: { memory: { minGigabytes: 1, maxGigabytes: 2 } },
      of: {},
      want: ['memory 1 GB to 2 GB / not told: unknown'],
    },
    { match: { disks: { minCount: 2 } }, want: ['disks 2 or more / 2: holds'] },
    { match: { disks: { minCount: 3, maxCount: 3 } }, want: ['disks 3 / 2: fails'] },
    { match: { disks: { maxCount: 1 } }, want: ['disks 1 or less / 2: fails'] },
    { match: { disks: { maxCount: 0 } }, of: { disks: [] }, want: ['disks 0 or less / 0: holds'] },
    { match: { disks: { maxCount: 0 } }, of: {}, want: ['disks 0 or less / not told: unknown'] },
    {
      match: { disks: { smallest: { minGigabytes: 480 }, largest: { maxGigabytes: 1000 } } },
      want: [
        'disks.smallest 480 GB or more / 480 GB: holds',
        'disks.largest 1000 GB or less / 2000 GB: fails',
      ],
    },
    {
      match: { disks: { smallest: { maxGigabytes: 1000 }, largest: { minGigabytes: 1 } } },
      of: { disks: [] },
      want: [
        'disks.smallest 1000 GB or less / no disk: fails',
        'disks.largest 1 GB or more / no disk: fails',
      ],
    },
    { match: { disks: {} }, want: [] },
  ];
  for (const { match, of = machine, want } of table) {
    it(`${JSON.stringify(match)}: ${want.join('; ') || 'none'}`, () => {
      expect(told(match, of)).to.deep.equal(want);
    });
  }
});

describe('a profile', () => {
  const table: { name: string; match: ProfileMatch | undefined; of?: MatchedMachine; want: unknown }[] = [
    { name: 'without conditions is for every machine', match: undefined, want: true },
    {
      name: 'is for one of which all holds',
      match: { product: '*R740', memory: { minGigabytes: 1 } },
      want: true,
    },
    {
      name: 'is not for one of which something fails',
      match: { product: '*R740', disks: { minCount: 9 } },
      want: false,
    },
    {
      name: 'hangs on what was not told',
      match: { product: '*R740', disks: { minCount: 9 } },
      of: { product: 'R740' },
      want: undefined,
    },
    {
      name: 'hangs on nothing where something fails already',
      match: { product: 'x', disks: { minCount: 9 } },
      of: { product: 'R740' },
      want: false,
    },
  ];
  for (const { name, match, of = machine, want } of table) {
    it(name, () => expect(fitsMatch(match, of)).to.equal(want));
  }
});

describe('covers', () => {
  const table: { wide: ProfileMatch | undefined; narrow: ProfileMatch | undefined; want: boolean }[] = [
    { wide: undefined, narrow: undefined, want: true },
    { wide: undefined, narrow: { product: 'x' }, want: true },
    { wide: { product: 'x' }, narrow: undefined, want: false },
    { wide: { product: 'Power*' }, narrow: { product: 'PowerEdge R7*' }, want: true },
    { wide: { product: 'PowerEdge R7*' }, narrow: { product: 'Power*' }, want: false },
    { wide: { product: 'a?c' }, narrow: { product: 'a*c' }, want: false },
    { wide: { product: 'a?c' }, narrow: { product: 'A?C' }, want: true },
    { wide: { mac: ['52'] }, narrow: { mac: ['52:54', '52:55'] }, want: true },
    { wide: { mac: ['52:54'] }, narrow: { mac: ['52:54', '52:55'] }, want: false },
    {
      wide: { memory: { minGigabytes: 1 } },
      narrow: { memory: { minGigabytes: 2, maxGigabytes: 3 } },
      want: true,
    },
    { wide: { memory: { maxGigabytes: 1 } }, narrow: { memory: { minGigabytes: 2 } }, want: false },
    { wide: { memory: { maxGigabytes: 1 } }, narrow: { product: 'x' }, want: false },
    { wide: { disks: { minCount: 1 } }, narrow: { disks: { minCount: 2 } }, want: true },
    {
      wide: { disks: { largest: { minGigabytes: 5 } } },
      narrow: { disks: { largest: { minGigabytes: 4 } } },
      want: false,
    },
  ];
  for (const { wide, narrow, want } of table) {
    it(`${JSON.stringify(wide)} ${want ? 'covers' : 'does not cover'} ${JSON.stringify(narrow)}`, () => {
      expect(covers(wide, narrow)).to.equal(want);
    });
  }

  const pattern = fc.string({ unit: fc.constantFrom('a', 'b', '*', '?'), minLength: 1, maxLength: 4 });
  const range = fc.record(
    { minGigabytes: fc.integer({ min: 0, max: 4 }), maxGigabytes: fc.integer({ min: 0, max: 4 }) },
    { requiredKeys: [] },
  );
  const count = fc.integer({ min: 0, max: 3 });
  const match: fc.Arbitrary<ProfileMatch> = fc.oneof(
    fc.record({ product: pattern }),
    fc.record({ mac: fc.array(fc.constantFrom('52', '52:54', '54'), { minLength: 1, maxLength: 2 }) }),
    fc.record({ memory: range }),
    fc.record({ disks: fc.record({ minCount: count, maxCount: count }, { requiredKeys: [] }) }),
    fc.record({ disks: fc.record({ largest: range, smallest: range }, { requiredKeys: [] }) }),
  );
  const any: fc.Arbitrary<MatchedMachine> = fc.record({
    product: fc.string({ unit: fc.constantFrom('a', 'b'), maxLength: 4 }),
    mac: fc.constantFrom('52:54:00:00:00:01', '52:00:00:00:00:01', '54:00:00:00:00:01').map(parseMac),
    memoryBytes: fc.integer({ min: 1, max: 5 }).map((size) => size * GIGABYTE),
    disks: fc.array(
      fc.integer({ min: 0, max: 5 }).map((size) => ({ name: 'sda', bytes: size * GIGABYTE })),
      { maxLength: 3 },
    ),
  });

  it('never says so of one that leaves out a machine which the other is for', () => {
    let met = 0;
    fc.assert(
      fc.property(match, match, any, (wide, narrow, each) => {
        if (!covers(wide, narrow) || fitsMatch(narrow, each) !== true) return true;
        met += 1;
        return fitsMatch(wide, each) === true;
      }),
      { numRuns: 5000 },
    );
    expect(met).to.be.above(50);
  });
});
