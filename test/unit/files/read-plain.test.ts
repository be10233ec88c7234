import { expect } from 'chai';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readAtMost, readPlainNow } from '../../../src/files/read-plain.js';

describe('a plain file', () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'imago-plain-'));
  });
  afterEach(() => {
    rmSync(folder, { recursive: true });
  });

  const read = async (path: string, most: number) => {
    const file = await open(path);
    try {
      return await readAtMost(file, (await file.stat()).size, most);
    } finally {
      await file.close();
    }
  };

  for (const size of [0, 1, 65_536, 65_537, 200_000]) {
    it(`of ${size} bytes is read whole, or as far as is asked`, async () => {
      const path = join(folder, 'a');
      const content = Buffer.alloc(size, 'äöü');
      writeFileSync(path, content);
      for (const most of [size + 1, size, size >> 1]) {
        expect(readPlainNow(path, most)?.equals(content.subarray(0, most)), `${most}`).to.equal(true);
        expect((await read(path, most)).equals(content.subarray(0, most)), `${most}`).to.equal(true);
      }
    });
  }

  it('that says it is empty and has no end is read as far as is asked', async () => {
    expect(readPlainNow('/proc/self/pagemap', 1_000_000)?.length).to.equal(1_000_000);
    expect((await read('/proc/self/pagemap', 1_000_000)).length).to.equal(1_000_000);
  });

  it('is neither a link, nor a folder, nor a pipe', () => {
    symlinkSync('/etc/passwd', join(folder, 'link'));
    execFileSync('mkfifo', [join(folder, 'pipe')]);
    for (const name of ['link', 'pipe', '.'])
      expect(readPlainNow(join(folder, name), 9), name).to.equal(undefined);
  });
});
