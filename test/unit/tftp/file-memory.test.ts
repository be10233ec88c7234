import { mkdtemp, open, rm, stat, writeFile, type FileHandle } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { BigIntStats } from 'node:fs';
import { expect } from 'chai';
import sinon from 'sinon';
import { FileMemory } from '../../../src/tftp/file-memory.js';

describe('files kept in memory', () => {
  let folder: string;
  let clock: sinon.SinonFakeTimers;

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'imago-memory-'));
    clock = sinon.useFakeTimers({ now: Date.now() + 60_000, toFake: ['Date'] });
  });

  afterEach(async () => {
    clock.restore();
    await rm(folder, { recursive: true });
  });

  const opened = async <T>(
    name: string,
    use: (path: string, stats: BigIntStats, handle: FileHandle) => Promise<T>,
  ): Promise<T> => {
    const path = join(folder, name);
    const handle = await open(path);
    try {
      return await use(path, await stat(path, { bigint: true }), handle);
    } finally {
      await handle.close();
    }
  };

  it('the same content is given out again while the file is as it was', async () => {
    const memory = new FileMemory({});
    await writeFile(join(folder, 'a'), 'aaaa');
    const first = await opened('a', (...file) => memory.file(...file));
    const second = await opened('a', (...file) => memory.file(...file));
    expect(second.content).to.equal(first.content);
  });

  it('machines that ask at the same time share one reading', async () => {
    const memory = new FileMemory({});
    await writeFile(join(folder, 'a'), 'aaaa');
    const [first, second] = await opened('a', (...file) =>
      Promise.all([memory.file(...file), memory.file(...file)]),
    );
    expect(second.content).to.equal(first.content);
  });

  it('a file changed a moment ago is not trusted to show its next change', async () => {
    const memory = new FileMemory({});
    await writeFile(join(folder, 'a'), 'aaaa');
    clock.setSystemTime((await stat(join(folder, 'a'))).mtime);
    const first = await opened('a', (...file) => memory.file(...file));
    const second = await opened('a', (...file) => memory.file(...file));
    expect(second.content).to.not.equal(first.content);
  });

  it('what was unused longest makes room', async () => {
    const memory = new FileMemory({ totalBytes: 8 });
    for (const name of ['a', 'b', 'c']) await writeFile(join(folder, name), name.repeat(4));
    const a = await opened('a', (...file) => memory.file(...file));
    const b = await opened('b', (...file) => memory.file(...file));
    await opened('a', (...file) => memory.file(...file));
    await opened('c', (...file) => memory.file(...file));
    expect((await opened('a', (...file) => memory.file(...file))).content).to.equal(a.content);
    expect((await opened('b', (...file) => memory.file(...file))).content).to.not.equal(b.content);
  });

  it('A3: copies of a file that may still change take no more than all kept ones may, until they are given back', async () => {
    const memory = new FileMemory({ totalBytes: 10 });
    await writeFile(join(folder, 'a'), 'aaaa');
    clock.setSystemTime((await stat(join(folder, 'a'))).mtime);
    const first = await opened('a', (...file) => memory.file(...file));
    expect(memory.takes(6)).to.equal(true);
    await opened('a', (...file) => memory.file(...file));
    expect([2, 3].map((size) => memory.takes(size))).to.deep.equal([true, false]);
    await first.close();
    await first.close();
    expect([6, 7].map((size) => memory.takes(size))).to.deep.equal([true, false]);
  });

  it('takes nothing that is larger than its limits', () => {
    const memory = new FileMemory({ largestFileBytes: 10, totalBytes: 8 });
    expect([8, 9].map((size) => memory.takes(size))).to.deep.equal([true, false]);
  });
});
