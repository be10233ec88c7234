import { expect } from 'chai';
import { isNestedDeeper } from '../../../src/host/nesting.js';

describe('how deep a value is', () => {
  const nested = (levels: number, inner: unknown = 'x') => {
    let value = inner;
    for (let level = 0; level < levels; level += 1) value = level % 2 === 0 ? [value] : { a: value };
    return value;
  };

  for (const { name, value, deeper } of [
    { name: 'a text', value: 'x', deeper: false },
    { name: 'as deep as may be', value: nested(3), deeper: false },
    { name: 'one level more', value: nested(4), deeper: true },
    { name: 'an empty list in the last one', value: nested(3, []), deeper: false },
    { name: 'null in the last one', value: nested(3, null), deeper: false },
    { name: 'one of many that is', value: ['x', {}, nested(4)], deeper: true },
    { name: 'far deeper than calls may nest', value: nested(100_000), deeper: true },
  ]) {
    it(`${name}: ${deeper ? 'too deep' : 'not too deep'}`, () =>
      expect(isNestedDeeper(value, 3)).to.equal(deeper));
  }
});
