import { expect } from 'chai';
import { mkdtempSync, readFileSync, readdirSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { removeIfPresent, renameInto, writeDurably, writeTogether } from '../../../src/files/durable-file.js';

describe('durable files', () => {
  let folder: string;

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'imago-durable-'));
  });
  afterEach(() => {
    rmSync(folder, { recursive: true });
  });

  it('replaces what a file held, also where that was longer', () => {
    const file = join(folder, 'a');
    writeDurably(file, Buffer.from('a long content'));
    writeDurably(file, Buffer.from('short'));
    expect(readFileSync(file, 'utf8')).to.equal('short');
  });

  it('gives each of several files its content and its mode', async () => {
    await writeTogether([
      { path: join(folder, 'open'), content: Buffer.from('one') },
      { path: join(folder, 'secret'), content: Buffer.from('two'), mode: 0o600 },
    ]);
    expect(readFileSync(join(folder, 'open'), 'utf8')).to.equal('one');
    expect(readFileSync(join(folder, 'secret'), 'utf8')).to.equal('two');
    expect(statSync(join(folder, 'secret')).mode & 0o777).to.equal(0o600);
  });

  it('fails as a whole where one of several files cannot be written', async () => {
    const written = writeTogether([
      { path: join(folder, 'one'), content: Buffer.from('one') },
      { path: join(folder, 'missing', 'two'), content: Buffer.from('two') },
    ]);
    const outcome = await written.then(() => 'written').catch((error: NodeJS.ErrnoException) => error.code);
    expect(outcome).to.equal('ENOENT');
  });

  it('makes the folder that a file is renamed into', () => {
    writeDurably(join(folder, 'a'), Buffer.from('a'));
    renameInto(join(folder, 'a'), join(folder, 'new', 'deep', 'b'));
    expect(readFileSync(join(folder, 'new', 'deep', 'b'), 'utf8')).to.equal('a');
    expect(readdirSync(folder)).to.deep.equal(['new']);
  });

  it('takes away a file that is there, and is content where there is none', () => {
    writeDurably(join(folder, 'a'), Buffer.from('a'));
    removeIfPresent(join(folder, 'a'));
    removeIfPresent(join(folder, 'a'));
    expect(readdirSync(folder)).to.deep.equal([]);
  });
});
