import { expect } from 'chai';
import { rawKind } from '../../../src/host/record-kind.js';
import { keyAt, kindsByName, pathOf, recordKey, type RecordName } from '../../../src/store/layout.js';

const json = { ...rawKind('groups', {}), isRaw: undefined };
const { isRaw: _, ...groups } = json;
const kinds = kindsByName([groups, rawKind('generic', {})]);

describe('the name of a record', () => {
  for (const name of [
    'a',
    'A-1',
    'install.yaml.tmpl',
    'node.bu',
    '_default',
    'node-',
    '52:54:00:00:00:01',
    'x'.repeat(128),
  ])
    it(`may be ${name.slice(0, 20)}`, () => {
      const key = recordKey('generic', name);
      expect(key).to.equal(`generic/${name}`);
      expect(keyAt(kinds, pathOf(kinds, key))).to.equal(key);
      expect(keyAt(kinds, pathOf(kinds, `groups/${name}`))).to.equal(`groups/${name}`);
    });

  for (const name of [
    '',
    '.',
    '..',
    '.git',
    '-rf',
    'a/b',
    '../a',
    'a.',
    'a:',
    'a b',
    'a\n',
    'ä',
    'a\0',
    'x'.repeat(129),
  ])
    it(`may not be ${JSON.stringify(name.slice(0, 20))}, and the refusal says what may`, () => {
      expect(() => recordKey('generic', name))
        .to.throw(/is made of letters, digits and \. _ - : \(128 at most\)/)
        .with.property('code', 'INVALID_VALUE');
    });
});

describe('a file in the folder of a kind', () => {
  const table: readonly (readonly [path: string, key: RecordName | undefined])[] = [
    ['groups/web.json', 'groups/web'],
    ['groups/00/web.json', 'groups/web'],
    ['generic/web.json', 'generic/web.json'],
    ['generic/00/web', 'generic/web'],
    ['groups/web', undefined],
    ['groups/web.json~', undefined],
    ['groups/.web.json.swp', undefined],
    ['groups/team/web.json', undefined],
    ['groups/00/team/web.json', undefined],
    ['generic/.gitignore', undefined],
    ['profiles/web.json', undefined],
    ['web.json', undefined],
    ['groups', undefined],
  ];
  for (const [path, key] of table)
    it(`${path} is ${key === undefined ? "no record's" : `that of ${key}`}`, () => {
      expect(keyAt(kinds, path)).to.equal(key);
    });

  it('is in its place in the shard that the hash of its name says', () => {
    expect(pathOf(kinds, 'groups/web-1')).to.equal('groups/ba/web-1.json');
    expect(pathOf(kinds, 'generic/install.yaml.tmpl')).to.equal('generic/bc/install.yaml.tmpl');
  });
});
