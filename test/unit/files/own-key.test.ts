import { chmod, mkdtemp, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { ownKey } from '../../../src/files/own-key.js';

describe('a key of one’s own', () => {
  let folder: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'imago-key-'));
  });
  afterEach(() => rm(folder, { recursive: true }));
  const modeOf = async (path: string) => (await stat(path)).mode & 0o777;

  it('is made once, and read by nobody else', async () => {
    const path = join(folder, 'made', 'key');
    const key = await ownKey(path);
    expect(key).to.have.length(32);
    expect(await modeOf(path)).to.equal(0o600);
    await chmod(path, 0o644);
    expect((await ownKey(path)).equals(key)).to.equal(true);
    expect(await modeOf(path)).to.equal(0o600);
  });

  it('takes the place of what is none', async () => {
    const path = join(folder, 'key');
    await writeFile(path, 'half a ke');
    const key = await ownKey(path);
    expect(key).to.have.length(32);
    expect((await ownKey(path)).equals(key)).to.equal(true);
  });
});
