import { expect } from 'chai';
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { rawIdOf } from '../../../src/git/object.js';
import { PackBuilder } from '../../../src/git/pack-builder.js';

/** Sizes around those at which headers grow, contents are compressed, and the builder needs more memory. */
const SIZES = [0, 1, 15, 16, 64, 65, 2047, 2048, 8192, 8193, 65_535, 65_536, 300_000];

describe('a pack that is built in memory', () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'imago-pack-'));
    git('', 'init', '-q', '--bare');
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  const git = (input: string | Buffer, ...words: string[]) =>
    execFileSync('git', words, { cwd: folder, input, maxBuffer: 1e8 });
  const write = (builder: PackBuilder): string => {
    const { pack, index, name } = builder.finish();
    const path = join(folder, 'objects/pack', name);
    writeFileSync(`${path}.pack`, pack);
    writeFileSync(`${path}.idx`, index);
    return `${path}.idx`;
  };

  /** The same bytes in each run, which no compression makes shorter. */
  const noise = (length: number, seed: string): Buffer => {
    const blocks = Array.from({ length: Math.ceil(length / 20) }, (_, block) =>
      createHash('sha1').update(`${seed} ${block}`).digest(),
    );
    return Buffer.concat(blocks).subarray(0, length);
  };

  it('is one that git finds no fault in, and reads every object of', () => {
    const builder = new PackBuilder();
    const contents = SIZES.flatMap((size) => [noise(size, `${size}`), Buffer.alloc(size, 'text')]);
    const ids = contents.map((content) => builder.add('blob', content).toString('hex'));
    expect(ids).to.deep.equal(contents.map((content) => rawIdOf('blob', content).toString('hex')));
    git('', 'verify-pack', write(builder));
    for (const [position, id] of ids.entries())
      expect(git('', 'cat-file', 'blob', id).equals(contents[position] ?? Buffer.alloc(0))).to.equal(true);
  });

  it('holds versions of one path as deltas, in chains that git follows', () => {
    const builder = new PackBuilder();
    const versions = Array.from({ length: 120 }, (_, version) =>
      Buffer.from(`${'common '.repeat(2000)}${version}${' end'.repeat(500)}`),
    );
    const ids = versions.map((content) => builder.add('blob', content, 'a/path').toString('hex'));
    const index = write(builder);
    const listed = git('', 'verify-pack', '-v', index).toString();
    expect(listed).to.contain('chain length = 50: ').and.not.to.contain('chain length = 51');
    for (const [position, id] of ids.entries())
      expect(git('', 'cat-file', 'blob', id).equals(versions[position] ?? Buffer.alloc(0))).to.equal(true);
  });

  it('holds an object once, however often it is added', () => {
    const builder = new PackBuilder();
    const twice = [1, 2].map(() => builder.add('blob', Buffer.from('same'), 'p').toString('hex'));
    expect(new Set(twice).size).to.equal(1);
    expect(builder.finish().pack.readUInt32BE(8)).to.equal(1);
  });
});
