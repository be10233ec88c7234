import { mkdtemp, open, readdir, readFile, rm, stat, type FileHandle } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import sinon from 'sinon';
import { replaceFile } from '../../../src/files/durable-file.js';

describe('replacing a file', () => {
  let folder: string;

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'imago-files-'));
  });

  afterEach(async () => {
    sinon.restore();
    await rm(folder, { recursive: true });
  });

  it('leaves the new content under the name, with the mode that was asked for, and nothing beside it', async () => {
    const path = join(folder, 'state.json');
    await replaceFile(path, 'old', 0o600);
    await replaceFile(path, 'new', 0o600);
    expect(await readFile(path, 'utf8')).to.equal('new');
    expect((await stat(path)).mode & 0o777).to.equal(0o600);
    expect(await readdir(folder)).to.deep.equal(['state.json']);
  });

  it('flushes the content before the name, and the name before it returns', async () => {
    const path = join(folder, 'state.json');
    const flushed: string[] = [];
    const anyFile = await open(folder, 'r');
    const prototype = Object.getPrototypeOf(anyFile) as FileHandle;
    await anyFile.close();
    sinon.stub(prototype, 'sync').callsFake(async function (this: FileHandle) {
      const kind = (await this.stat()).isDirectory() ? 'folder' : 'file';
      flushed.push(`${kind}, with ${(await readdir(folder)).join()} there`);
    });
    await replaceFile(path, 'content');
    expect(flushed).to.deep.equal(['file, with state.json.new there', 'folder, with state.json there']);
  });

  it('leaves the old content where the new cannot be written', async () => {
    const path = join(folder, 'state.json');
    await replaceFile(path, 'old');
    const anyFile = await open(path, 'r');
    const prototype = Object.getPrototypeOf(anyFile) as FileHandle;
    await anyFile.close();
    sinon.stub(prototype, 'sync').rejects(new Error('EIO'));
    const failure: unknown = await replaceFile(path, 'new').catch((error: unknown) => error);
    expect(failure).to.be.instanceOf(Error);
    expect(await readFile(path, 'utf8')).to.equal('old');
  });
});
