import { expect } from 'chai';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readlinkSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DamagedObject, ObjectTooLarge } from '../../../src/git/errors.js';
import { ObjectReader } from '../../../src/git/object-reader.js';
import { PackBuilder } from '../../../src/git/pack-builder.js';

describe('a Git object, read with a limit', () => {
  let folder: string;
  let reader: ObjectReader;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'imago-objects-'));
    git('', 'init', '-q', '--bare');
    reader = new ObjectReader(folder);
  });
  afterEach(() => {
    reader.close();
    rmSync(folder, { recursive: true });
  });

  const git = (input: string, ...words: string[]) =>
    execFileSync('git', words, { cwd: folder, input, encoding: 'utf8' }).trim();
  const store = (content: string) => git(content, 'hash-object', '-w', '--stdin');
  const lines = (count: number) => Array.from({ length: count }, (_, line) => `line ${line}\n`).join('');
  const pack = (...ids: string[]) => {
    git(`${ids.join('\n')}\n`, 'pack-objects', '-q', '--delta-base-offset', 'objects/pack/pack');
    git('', 'prune-packed');
  };

  const kinds: Readonly<Record<string, (id: string) => void>> = {
    'a file of its own': () => undefined,
    'a pack': (id) => pack(id),
    'a pack, as a delta': (id) => pack(id, store(`${lines(5000)}more\n`)),
    'a pack, as the base of a delta': (id) => pack(id, store(lines(4990))),
  };
  for (const [name, make] of Object.entries(kinds)) {
    it(`in ${name} is read up to it, and refused beyond`, () => {
      const content = lines(5000);
      const id = store(content);
      make(id);
      expect(reader.readAs('blob', id, content.length).toString()).to.equal(content);
      expect(() => reader.readAs('blob', id, content.length - 1)).to.throw(ObjectTooLarge, id);
      expect(() => reader.readAs('blob', id, 10)).to.throw(ObjectTooLarge, id);
      expect(reader.readAs('blob', id).toString()).to.equal(content);
    });
  }

  it('that is missing is no large one', () => {
    expect(() => reader.readAs('blob', 'a'.repeat(40), 10)).to.throw(DamagedObject, 'missing');
  });
});

describe('a reader of many packs', () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'imago-objects-'));
    execFileSync('git', ['init', '-q', '--bare'], { cwd: folder });
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  const openFiles = (): number =>
    readdirSync('/proc/self/fd').filter((file) => {
      try {
        return readlinkSync(`/proc/self/fd/${file}`).startsWith(folder);
      } catch {
        return false; // the listing itself
      }
    }).length;

  it('keeps few of them open, finds every object, and again in what a repack makes of them', () => {
    const ids = Array.from({ length: 300 }, (_, number) => {
      const builder = new PackBuilder();
      const id = builder.add('blob', Buffer.from(`content ${number}`)).toString('hex');
      const { pack, index, name } = builder.finish();
      writeFileSync(join(folder, 'objects/pack', `${name}.pack`), pack);
      writeFileSync(join(folder, 'objects/pack', `${name}.idx`), index);
      return id;
    });
    const reader = new ObjectReader(folder);
    const contents = () => ids.map((id) => reader.readAs('blob', id).toString());
    const wanted = ids.map((_, number) => `content ${number}`);
    expect(contents()).to.deep.equal(wanted);
    expect(openFiles()).to.be.within(2, 260);
    execFileSync('git', ['repack', '--geometric=2', '-d', '-q'], { cwd: folder });
    expect(readdirSync(join(folder, 'objects/pack')).filter((name) => name.endsWith('.pack'))).to.have.length(
      1,
    );
    expect(contents()).to.deep.equal(wanted);
    reader.close();
    expect(openFiles()).to.equal(0);
  });
});
