import { expect } from 'chai';
import fc from 'fast-check';
import { deflateSync, inflateSync } from 'node:zlib';
import { decodeCommit, encodeCommit } from '../../../src/git/commit.js';
import { applyDelta, longestDelta, writeDelta } from '../../../src/git/delta.js';
import { rawIdOf } from '../../../src/git/object.js';
import { encodeTree, treeEntries, treeEntry, withEntry, withoutEntry } from '../../../src/git/tree.js';
import {
  STORED_BYTES,
  STORED_HEAD_BYTES,
  storedContent,
  storeInPlace,
} from '../../../src/git/zlib-stored.js';

const id = (digit: string): Buffer => Buffer.from(digit.repeat(40), 'hex');
const bytes = fc.uint8Array({ maxLength: 3000 }).map((array) => Buffer.from(array));

function encodeDelta(base: Buffer, target: Buffer): Buffer {
  const into = Buffer.alloc(longestDelta(target) + 1);
  return into.subarray(1, writeDelta(into, 1, base, target));
}

function storeUncompressed(content: Buffer): Buffer {
  const stream = Buffer.alloc(content.length + STORED_BYTES);
  content.copy(stream, STORED_HEAD_BYTES);
  expect(storeInPlace(stream, STORED_HEAD_BYTES, STORED_HEAD_BYTES + content.length)).to.equal(stream.length);
  return stream;
}

describe('an object', () => {
  it('has the id that git hash-object gives it', () => {
    expect(rawIdOf('blob', Buffer.from('hello\n')).toString('hex')).to.equal(
      'ce013625030ba8dba906f756967f9e9ca394464a',
    );
    expect(rawIdOf('tree', Buffer.alloc(0)).toString('hex')).to.equal(
      '4b825dc642cb6eb9a060e54bf8d69288fbee4904',
    );
  });

  it('stored without compression is a zlib stream', () => {
    fc.assert(fc.property(bytes, (content) => inflateSync(storeUncompressed(content)).equals(content)));
  });

  it('stored without compression is read without zlib, and nothing else is', () => {
    fc.assert(
      fc.property(bytes, (content) => {
        const stream = storeUncompressed(content);
        expect(storedContent(stream, 0, content.length)).to.deep.equal(content);
        expect(storedContent(stream, 0, content.length + 1)).to.equal(undefined);
        expect(storedContent(deflateSync(content), 0, content.length)).to.equal(undefined);
      }),
    );
  });
});

describe('a delta', () => {
  const around = fc.record({ start: bytes, before: bytes, after: bytes, end: bytes });

  it('makes the target of its base, whatever was replaced', () => {
    fc.assert(
      fc.property(around, ({ start, before, after, end }) => {
        const base = Buffer.concat([start, before, end]);
        const target = Buffer.concat([start, after, end]);
        return applyDelta(base, encodeDelta(base, target)).equals(target);
      }),
    );
  });

  it('copies runs of more than 64 KiB', () => {
    const base = Buffer.alloc(200_000, 'abc');
    const target = Buffer.concat([base, Buffer.from('x')]);
    expect(applyDelta(base, encodeDelta(base, target)).equals(target)).to.equal(true);
  });

  it('that is cut short or of another base is a RangeError', () => {
    const delta = encodeDelta(Buffer.from('a base'), Buffer.from('a case'));
    expect(() => applyDelta(Buffer.from('another'), delta)).to.throw(RangeError);
    expect(() => applyDelta(Buffer.from('a base'), delta.subarray(0, -1))).to.throw(RangeError);
  });
});

describe('a tree', () => {
  const folder = (name: string) => ({ mode: '40000', name, id: id('a') });
  const file = (name: string) => ({ mode: '100644', name, id: id('b') });
  const names = (tree: Buffer) => [...treeEntries(tree)].map(({ name }) => name);

  it('is in the order of git: a folder as if its name ended with a slash', () => {
    expect(names(encodeTree([file('a0'), folder('a'), file('a.b'), file('a-b')]))).to.deep.equal([
      'a-b',
      'a.b',
      'a',
      'a0',
    ]);
  });

  it('with entries added one by one is the tree of all of them', () => {
    const serial = fc.stringMatching(/^[a-z0-9][a-z0-9._-]{0,9}$/);
    fc.assert(
      fc.property(fc.uniqueArray(serial, { maxLength: 40 }), (serials) => {
        const grown = serials.reduce(
          (tree, name) => withEntry(tree, folder(name)),
          Buffer.alloc(0) as Buffer,
        );
        return grown.equals(encodeTree(serials.map(folder)));
      }),
    );
  });

  it('replaces and removes an entry without touching the others', () => {
    const tree = encodeTree([folder('a'), folder('b'), folder('c')]);
    const replaced = withEntry(tree, { ...folder('b'), id: id('c') });
    expect(treeEntry(replaced, 'b')?.id.equals(id('c'))).to.equal(true);
    expect(names(withoutEntry(replaced, 'b'))).to.deep.equal(['a', 'c']);
    expect(withoutEntry(tree, 'x')).to.equal(tree);
  });
});

describe('a commit', () => {
  for (const { claimed, time } of [
    { claimed: '99999999999999', time: '9999-12-31T23:59:59.000Z' },
    { claimed: '9'.repeat(400), time: '9999-12-31T23:59:59.000Z' },
    { claimed: `-${'9'.repeat(20)}`, time: '0001-01-01T00:00:00.000Z' },
  ]) {
    it(`made elsewhere at ${claimed.slice(0, 25)} seconds has a time that can be told`, () => {
      const text = `tree ${'a'.repeat(40)}\nauthor anna <a@b> ${claimed} +0000\n\nx\n`;
      expect(decodeCommit(Buffer.from(text)).author.time.toISOString()).to.equal(time);
    });
  }

  const signature = { name: 'anna', email: 'anna@imago', time: new Date('2026-11-21T10:00:00Z') };
  const commit = {
    tree: '1'.repeat(40),
    parents: ['2'.repeat(40)],
    author: signature,
    committer: signature,
    message: 'ser1: host created',
  };

  it('reads as git writes it', () => {
    expect(encodeCommit(commit).toString()).to.equal(
      `tree ${'1'.repeat(40)}\nparent ${'2'.repeat(40)}\nauthor anna <anna@imago> 1795255200 +0000\n` +
        'committer anna <anna@imago> 1795255200 +0000\n\nser1: host created\n',
    );
    expect(decodeCommit(encodeCommit(commit))).to.deep.equal(commit);
  });

  const names = [
    { name: 'a name with brackets and line breaks', given: 'a<b>\nc', want: 'abc' },
    { name: 'an empty name', given: '', want: 'unknown' },
    { name: 'a name of crud', given: ' ."; ', want: 'unknown' },
    { name: 'a name in another script', given: 'Jürgen Ω', want: 'Jürgen Ω' },
  ];
  for (const { name, given, want } of names) {
    it(`keeps its form with ${name}`, () => {
      const encoded = encodeCommit({ ...commit, author: { ...signature, name: given } });
      expect(decodeCommit(encoded).author.name).to.equal(want);
    });
  }

  it('of a clock before 1970, or of none, has the first second', () => {
    for (const time of [new Date(-5), new Date(Number.NaN)]) {
      expect(encodeCommit({ ...commit, author: { ...signature, time } }).toString()).to.include(
        '<anna@imago> 0 +0000',
      );
    }
  });
});
