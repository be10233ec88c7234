import { expect } from 'chai';
import fc from 'fast-check';
import type { Group } from '../../../../../src/dialects/matchbox/group.js';
import {
  groupKind,
  matchboxKinds,
  profileKind,
} from '../../../../../src/dialects/matchbox/records/record-kinds.js';
import { RecordsBook } from '../../../../../src/dialects/matchbox/records/records-book.js';
import { InvalidValue } from '../../../../../src/errors.js';
import { InvalidRecord } from '../../../../../src/host/record-kind.js';
import { InMemoryHostStore } from '../../../../support/fake-host-store.js';

const by = { name: 'terraform', kind: 'operator' } as const;
const group = (id: string, more: Partial<Group> = {}): Group => ({
  id,
  name: '',
  profile: 'p',
  selector: {},
  ...more,
});
const profile = { id: 'p', name: 'first', ignitionId: 'a.ign', cloudId: '', genericId: '' };

describe('matchbox in records of the store', () => {
  let store: InMemoryHostStore;
  let book: RecordsBook;
  beforeEach(() => {
    store = new InMemoryHostStore([], 'token', matchboxKinds);
    book = new RecordsBook(store);
  });

  it('each put and delete is a commit by whoever asked for it, in words', async () => {
    await book.groups.put(group('a'), by);
    await book.groups.put(group('a', { name: 'one', metadata: '{"x":1}' }), by);
    await book.groups.put(group('a', { name: 'one', metadata: '{"x":1}' }), by);
    expect(await book.groups.delete('a', by)).to.equal(true);
    expect(await book.groups.delete('a', by)).to.equal(false);
    const history = await store.records(groupKind).history('a');
    expect(history.map(({ what, author }) => `${author}: ${what}`)).to.deep.equal([
      'terraform: deleted',
      'terraform: changed name, metadata',
      'terraform: created',
    ]);
    expect(await book.groups.get('a')).to.equal(undefined);
  });

  it('a group whose profile is not there is a fault until it is', async () => {
    await book.groups.put(group('a'), by);
    expect(book.faults()).to.deep.equal(["group 'a' names profile 'p', which is not there"]);
    await book.profiles.put(profile, by);
    expect(book.faults()).to.deep.equal([]);
  });

  it('a profile and templates come back as they were put', async () => {
    await book.profiles.put(profile, by);
    expect(await book.profiles.get('p')).to.deep.equal(profile);
    const bytes = Buffer.from([0, 0xff, 10, 13, 0xc3]);
    for (const kind of ['ignition', 'cloud', 'generic'] as const) {
      await book.templates[kind].put('b.yaml', bytes, by);
      await book.templates[kind].put('a.ign', bytes, by);
      expect(await book.templates[kind].get('b.yaml')).to.deep.equal(bytes);
      expect(await book.templates[kind].list()).to.deep.equal(['a.ign', 'b.yaml']);
      expect(await book.templates[kind].delete('a.ign', by)).to.equal(true);
      expect(await book.templates[kind].delete('a.ign', by)).to.equal(false);
    }
  });

  it('metadata come back byte for byte, however they were written', async () => {
    const space = fc.constantFrom('', ' ', '\n', '\t\t');
    const metadata = fc
      .tuple(fc.dictionary(fc.string(), fc.jsonValue({ maxDepth: 2 })), space)
      .map(([table, indent]) => JSON.stringify(table, null, indent));
    await fc.assert(
      fc.asyncProperty(metadata, async (text) => {
        await book.groups.put(group('a', { metadata: text }), by);
        expect((await book.groups.get('a'))?.metadata).to.equal(text);
      }),
    );
  });

  it('metadata that somebody edits by hand hold, and not what was written before', () => {
    const text = groupKind.format(group('a', { metadata: '{ "b": 1,  "a": "<" }' }));
    expect(text).to.equal(
      '{\n\t"id": "a",\n\t"profile": "p",\n\t"metadata": {\n\t\t"a": "\\u003c",\n\t\t"b": 1\n\t},\n\t"metadata_as_written": "{ \\"b\\": 1,  \\"a\\": \\"\\u003c\\" }"\n}\n',
    );
    expect(groupKind.parse(text, 'groups/86/a.json').metadata).to.equal('{ "b": 1,  "a": "<" }');
    const edited = text.replace('"b": 1\n', '"b": 2\n');
    expect(groupKind.parse(edited, 'groups/86/a.json').metadata).to.equal('{"a":"\\u003c","b":2}');
  });

  it('groups are selected as they are now, those that were there at the start too', async () => {
    await book.groups.put(group('all'), by);
    await book.groups.put(group('one', { selector: { mac: '52-54-00-00-00-0A' } }), by);
    const labels = new Map([['mac', '52:54:00:00:00:0a']]);
    expect((await book.select(labels))?.id).to.equal('one');
    expect((await new RecordsBook(store).select(labels))?.id).to.equal('one');
    await book.groups.delete('one', by);
    expect((await book.select(labels))?.id).to.equal('all');
    book.close();
  });

  it('lists are in the order of names', async () => {
    for (const id of ['b', 'a', 'C']) await book.groups.put(group(id), by);
    expect((await book.groups.list()).map(({ id }) => id)).to.deep.equal(['C', 'a', 'b']);
  });

  for (const { name, put, fault } of [
    {
      name: 'a group without a profile',
      put: () => book.groups.put(group('a', { profile: '' }), by),
      fault: InvalidRecord,
    },
    {
      name: 'a profile without an id',
      put: () => book.profiles.put({ ...profile, id: '' }, by),
      fault: InvalidRecord,
    },
    { name: 'an id that is no name', put: () => book.groups.put(group('a/b'), by), fault: InvalidValue },
    {
      name: 'a template that is too large',
      put: () => book.templates.generic.put('g', Buffer.alloc(1024 * 1024 + 1), by),
      fault: InvalidRecord,
    },
  ]) {
    it(`does not keep ${name}`, async () => {
      let thrown: unknown;
      await put().catch((error: unknown) => (thrown = error));
      expect(thrown).to.be.instanceOf(fault);
    });
  }

  for (const { kind, text, says } of [
    {
      kind: groupKind,
      text: '{"id":\n"b","profile":"p"}',
      says: /^groups\/86\/a\.json:1: id: 'b' is not what its file is named by: a/,
    },
    { kind: profileKind, text: '{\n"id":"b"}', says: /^groups\/86\/a\.json:2: id: 'b' is not what its file/ },
    {
      kind: groupKind,
      text: '{"id":"a"}',
      says: /^groups\/86\/a\.json:1: profile: '' is empty: a group needs one/,
    },
    { kind: groupKind, text: '{', says: /^groups\/86\/a\.json:1: / },
  ]) {
    it(`an edit is refused: ${JSON.stringify(text)}`, () =>
      expect(() => kind.parse(text, 'groups/86/a.json')).to.throw(InvalidRecord, says));
  }
});
