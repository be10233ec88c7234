import { expect } from 'chai';
import { diffRecords } from '../../../src/host/record-diff.js';
import { plans, scripts } from '../../support/describe-records.js';

describe('what differs between two versions of a raw record', () => {
  const table: readonly (readonly [
    name: string,
    before: string | undefined,
    after: string | undefined,
    want: readonly (readonly [field: string, before: string | undefined, after: string | undefined])[],
  ])[] = [
    ['nothing', 'a\nb\n', 'a\nb\n', []],
    ['one line', 'a\nb\nc\n', 'a\nB\nc\n', [['line 2', 'b\n', 'B\n']]],
    [
      'all between the first and the last',
      'a\nb\nc\nd\n',
      'a\nB\nc\nD\n',
      [['lines 2-4', 'b\nc\nd\n', 'B\nc\nD\n']],
    ],
    ['a line more', 'a\nc\n', 'a\nb\nc\n', [['line 2', undefined, 'b\n']]],
    ['a line less', 'a\nb\nc\n', 'a\nc\n', [['line 2', 'b\n', undefined]]],
    ['one of equal lines less', 'a\na\na\n', 'a\na\n', [['line 3', 'a\n', undefined]]],
    ['the end of the last line', 'a\nb\n', 'a\nb', [['line 2', 'b\n', 'b']]],
    ['all, where it is new', undefined, 'a\nb\n', [['lines 1-2', undefined, 'a\nb\n']]],
    ['all, where it was removed', 'a', undefined, [['line 1', 'a', undefined]]],
  ];
  for (const [name, before, after, want] of table)
    it(`is ${name}`, () => {
      const [old, now] = [before, after].map((text) => (text === undefined ? undefined : Buffer.from(text)));
      expect(
        diffRecords(scripts, old, now).map((change) => [change.field, change.before, change.after]),
      ).to.deep.equal(want);
    });

  it('is seen in bytes that are no text', () => {
    expect(diffRecords(scripts, Buffer.from([0xff]), Buffer.from([0xfe]))).to.have.length(1);
  });
});

describe('what differs between two versions of a record with fields', () => {
  it('is each field of its file, also one that comes or goes', () => {
    expect(diffRecords(plans, { size: 1, note: 'x' }, { size: 2 })).to.deep.equal([
      { field: 'size', before: 1, after: 2 },
      { field: 'note', before: 'x', after: undefined },
    ]);
    expect(diffRecords(plans, undefined, { size: 2 })).to.deep.equal([
      { field: 'size', before: undefined, after: 2 },
    ]);
  });
});
