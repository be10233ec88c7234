import { expect } from 'chai';
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { longestDelta, writeDelta } from '../../../src/git/delta.js';
import { rawIdOf, sha1 } from '../../../src/git/object.js';
import { mergePacks } from '../../../src/git/merge-packs.js';
import { packHeader, PackBuilder, writeOffset } from '../../../src/git/pack-builder.js';
import { encodePackIndex, orderOfIds } from '../../../src/git/pack-index.js';
import { STORED_BYTES, STORED_HEAD_BYTES, storeInPlace } from '../../../src/git/zlib-stored.js';

/** What differs in two versions of a file is small. */
const BASE = Buffer.from(`${'x'.repeat(100)}\n`);
const NEXT = Buffer.from(`${'x'.repeat(100)}y\n`);

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

function encodeOffset(distance: number): Buffer {
  const into = Buffer.alloc(10);
  return into.subarray(0, writeOffset(into, 0, distance));
}

describe('packs that somebody else made', () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'imago-merge-'));
    git('init', '-q', '--bare');
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  const git = (...words: string[]) => execFileSync('git', words, { cwd: folder, encoding: 'utf8' });
  const inPacks = (name: string) => join(folder, 'objects/pack', name);
  const files = () => readdirSync(join(folder, 'objects/pack'));
  const packs = () => files().flatMap((name) => (name.endsWith('.idx') ? [name.slice(0, -4)] : []));
  const write = (name: string, pack: Buffer, index: Buffer): string => {
    writeFileSync(inPacks(`${name}.pack`), pack);
    writeFileSync(inPacks(`${name}.idx`), index);
    return name;
  };
  const built = (...contents: Buffer[]): string => {
    const builder = new PackBuilder();
    for (const content of contents) builder.add('blob', content);
    const { pack, index, name } = builder.finish();
    return write(name, pack, index);
  };

  /** One byte for the type and for lengths below 16, two for those of these contents. */
  const header = (type: number, length: number): Buffer =>
    Buffer.from(length < 16 ? [(type << 4) | length] : [0x80 | (type << 4) | (length & 15), length >>> 4]);
  const entry = (type: number, content: Buffer, distance: Uint8Array = Buffer.alloc(0)): Buffer =>
    Buffer.concat([header(type, content.length), distance, storeUncompressed(content)]);

  it('may hold an object twice, and tell the later one first', () => {
    const whole = entry(3, BASE);
    const delta = entry(6, encodeDelta(BASE, NEXT), encodeOffset(whole.length));
    const pack = Buffer.concat([packHeader(3), whole, delta, whole]);
    const checksum = sha1(pack);
    const ids = Buffer.concat([rawIdOf('blob', BASE), rawIdOf('blob', BASE), rawIdOf('blob', NEXT)]);
    const offsets = [12 + whole.length + delta.length, 12, 12 + whole.length];
    const crcs = [0, 0, 0];
    const index = encodePackIndex({ ids, offsets, crcs }, orderOfIds(ids), checksum);
    write(`pack-${checksum.toString('hex')}`, Buffer.concat([pack, checksum]), index);
    built(Buffer.from('another'));
    expect(mergePacks(join(folder, 'objects/pack'), packs())).to.equal(2);
    expect(git('cat-file', 'blob', rawIdOf('blob', NEXT).toString('hex'))).to.equal(NEXT.toString());
    expect(git('cat-file', 'blob', rawIdOf('blob', BASE).toString('hex'))).to.equal(BASE.toString());
  });

  for (const { what, damage } of [
    { what: 'another byte in it', damage: (index: Buffer) => index.fill((index[1040] ?? 0) ^ 1, 1040, 1041) },
    { what: 'only its beginning', damage: (index: Buffer) => index.subarray(0, 1000) },
    { what: 'nothing in it', damage: () => Buffer.alloc(0) },
  ]) {
    it(`stay as they are where an index has ${what}: the others are merged`, () => {
      const damaged = built(BASE);
      const index = damage(readFileSync(inPacks(`${damaged}.idx`)));
      writeFileSync(inPacks(`${damaged}.idx`), index);
      built(Buffer.from('one'));
      built(Buffer.from('two'));
      expect(mergePacks(join(folder, 'objects/pack'), packs())).to.equal(2);
      expect(packs()).to.have.length(2).and.to.include(damaged);
      expect(readFileSync(inPacks(`${damaged}.idx`)).equals(index)).to.equal(true);
    });
  }

  it('stay as they are where they cannot be read: the others are merged', () => {
    const unreadable = built(BASE);
    rmSync(inPacks(`${unreadable}.pack`));
    mkdirSync(inPacks(`${unreadable}.pack`));
    built(Buffer.from('one'));
    built(Buffer.from('two'));
    expect(mergePacks(join(folder, 'objects/pack'), packs())).to.equal(2);
    expect(packs()).to.have.length(2).and.to.include(unreadable);
  });

  it('stay as they are where their index is of version 1: the others are merged', () => {
    const old = built(BASE);
    rmSync(inPacks(`${old}.idx`));
    git('index-pack', '--index-version=1', inPacks(`${old}.pack`));
    built(Buffer.from('one'));
    built(Buffer.from('two'));
    expect(mergePacks(join(folder, 'objects/pack'), packs())).to.equal(2);
    expect(packs()).to.have.length(2).and.to.include(old);
    expect(git('cat-file', 'blob', rawIdOf('blob', BASE).toString('hex'))).to.equal(BASE.toString());
  });

  it('leave no file behind that git wrote beside them', () => {
    const reversed = built(BASE);
    git('index-pack', '--rev-index', inPacks(`${reversed}.pack`));
    expect(files()).to.include(`${reversed}.rev`);
    built(Buffer.from('one'));
    mergePacks(join(folder, 'objects/pack'), packs());
    const [merged = ''] = packs();
    expect(files().sort()).to.deep.equal([`${merged}.idx`, `${merged}.pack`]);
  });
});
