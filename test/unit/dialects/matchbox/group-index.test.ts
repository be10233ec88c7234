import { expect } from 'chai';
import fc from 'fast-check';
import type { Group } from '../../../../src/dialects/matchbox/group.js';
import { GroupIndex } from '../../../../src/dialects/matchbox/group-index.js';
import { MemoryBook } from './memory-book.js';

const group = (id: string, selector: Record<string, string>): Group => ({
  id,
  name: '',
  profile: 'p',
  selector,
});
const by = { name: 'ci', kind: 'operator' } as const;

/** What the contract says, word for word: sort them all, and try one after the other. */
function naively(groups: readonly Group[], labels: ReadonlyMap<string, string>): Group | undefined {
  const text = ({ selector }: Group) =>
    Buffer.from(
      Object.entries(selector)
        .map(([name, value]) => Buffer.from(`${name}=${value}`))
        .sort((a, b) => a.compare(b))
        .join(','),
    );
  const count = ({ selector }: Group) => Object.keys(selector).length;
  const sorted = [...groups].sort(
    (a, b) => count(b) - count(a) || text(b).compare(text(a)) || Buffer.from(a.id).compare(Buffer.from(b.id)),
  );
  return sorted.find(({ selector }) =>
    Object.entries(selector).every(([name, value]) => (labels.get(name) ?? '') === value),
  );
}

describe('which group of matchbox a machine is in', () => {
  const byMac = { mac: '52:54:00:00:00:01' };
  for (const { name, groups, labels, is } of [
    { name: 'one without selectors takes all', groups: { all: {} }, labels: {}, is: 'all' },
    { name: 'none fits', groups: { a: { os: 'installed' } }, labels: { os: 'new' }, is: undefined },
    {
      name: 'most selectors come first',
      groups: { all: {}, one: byMac, two: { ...byMac, os: 'installed' } },
      labels: { ...byMac, os: 'installed', uuid: 'x' },
      is: 'two',
    },
    {
      name: 'one that wants a label more does not match',
      groups: { all: {}, one: byMac, two: { ...byMac, os: 'installed' } },
      labels: byMac,
      is: 'one',
    },
    {
      name: 'of equally many the last by its pairs',
      groups: { a: { a: 'b', c: 'd' }, b: { a: 'd', c: 'd' }, c: { a: 'b', e: 'd' } },
      labels: { a: 'b', c: 'd', e: 'd' },
      is: 'c',
    },
    { name: 'an empty value is a label that is not there', groups: { a: { os: '' } }, labels: {}, is: 'a' },
    { name: 'and no other one', groups: { a: { os: '' } }, labels: { os: 'new' }, is: undefined },
    {
      name: 'names of labels that JavaScript knows',
      groups: { a: { constructor: 'x' }, b: { toString: '' } },
      labels: { constructor: 'x' },
      is: 'b',
    },
  ]) {
    it(name, () => {
      const index = new GroupIndex(
        Object.entries(groups).map(([id, selector]) => [id, group(id, { ...selector })]),
      );
      expect(index.find(new Map(Object.entries(labels)))?.id).to.equal(is);
    });
  }

  const word = fc.constantFrom('a', 'b', 'c', 'ä', '𝄞', '\u{ffff}', '');
  const selector = fc.dictionary(word, word, { maxKeys: 4 });

  it('is the one that trying all in order finds, whatever was put and removed before', () => {
    const step = fc.record({
      id: fc.constantFrom('1', '2', '3', '4', '5', '6', '7'),
      selector: fc.option(selector),
    });
    fc.assert(
      fc.property(
        fc.array(selector, { maxLength: 9 }),
        fc.array(step, { maxLength: 9 }),
        selector,
        (first, steps, labels) => {
          const groups = new Map(first.map((pairs, at) => [String(at), group(String(at), pairs)]));
          const index = new GroupIndex(groups);
          for (const { id, selector: pairs } of steps) {
            if (pairs) {
              groups.set(id, group(id, pairs));
              index.put(id, group(id, pairs));
            } else {
              groups.delete(id);
              index.remove(id);
            }
          }
          const asked = new Map(Object.entries(labels));
          expect(index.find(asked)).to.deep.equal(naively([...groups.values()], asked));
          expect(index.size).to.equal(groups.size);
        },
      ),
      { numRuns: 500 },
    );
  });

  it('is in any order of coming', () => {
    fc.assert(
      fc.property(fc.array(selector, { maxLength: 9 }), selector, (selectors, labels) => {
        const groups = selectors.map((pairs, at) => [String(at), group(String(at), pairs)] as const);
        const asked = new Map(Object.entries(labels));
        const backwards = new GroupIndex();
        for (const [id, each] of groups.toReversed()) backwards.put(id, each);
        expect(backwards.find(asked)).to.equal(new GroupIndex(groups).find(asked));
      }),
    );
  });

  it('a machine is compared with few of 10,000 groups, however they came', () => {
    const groups = Array.from({ length: 10_000 }, (_, at) => {
      const selector = { os: 'installed', region: `r${at % 10}`, mac: `52:54:00:00:${at}` };
      return [String(at), group(String(at), selector)] as const;
    });
    const oneByOne = new GroupIndex();
    for (const [id, each] of groups) oneByOne.put(id, each);
    for (const index of [new GroupIndex(groups), oneByOne]) {
      let looks = 0;
      const labels = new (class extends Map<string, string> {
        override get(name: string): string | undefined {
          looks += 1;
          return super.get(name);
        }
      })([
        ['os', 'installed'],
        ['region', 'r7'],
        ['mac', '52:54:00:00:4817'],
      ]);
      expect(index.find(labels)?.id).to.equal('4817');
      expect(looks).to.be.below(40);
    }
  });

  it('is asked of a matchbox by labels', async () => {
    const book = new MemoryBook();
    await book.groups.put(group('one', { MAC: '52-54-00-00-00-01' }), by);
    expect((await book.select(new Map([['MAC', '52:54:00:00:00:01']])))?.id).to.equal('one');
    expect(book.told).to.deep.equal(['put groups/one by ci']);
  });
});
