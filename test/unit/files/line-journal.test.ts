import { mkdtemp, open, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { LineJournal } from '../../../src/files/line-journal.js';

describe('LineJournal', () => {
  let folder: string;
  let path: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'imago-lines-'));
    path = join(folder, 'lines');
  });
  afterEach(() => rm(folder, { recursive: true }));

  async function start(live: Map<string, string> = new Map()) {
    const failures: string[] = [];
    const journal = await LineJournal.start({
      path,
      mode: 0o600,
      live: {
        get size() {
          return live.size;
        },
        lines: () => [...live.values()],
      },
      failed: (error) => failures.push(error.message),
    });
    return { journal, failures };
  }
  const text = () => readFile(path, 'utf8');

  it('has what was appended in the file by the time that it says so, readable by nobody else', async () => {
    const { journal } = await start();
    await journal.append('one\n');
    expect(await text()).to.equal('one\n');
    await Promise.all([journal.append('two\n'), journal.append('three\n')]);
    expect(await text()).to.equal('one\ntwo\nthree\n');
    expect((await stat(path)).mode & 0o777).to.equal(0o600);
    await journal.close();
  });

  it('writes at once what comes in one turn, and tells each as soon as its own is written', async () => {
    const { journal } = await start();
    const order: string[] = [];
    const first = journal.append('one\n').then(async () => order.push(await text()));
    await new Promise((resolve) => setImmediate(resolve)); // the first is being written
    const second = journal.append('two\n').then(async () => order.push(await text()));
    const settled = journal.settled().then(async () => order.push(`settled ${await text()}`));
    await Promise.all([first, second, settled]);
    expect(order[0]).to.match(/^one\n/);
    expect(order.slice(1)).to.have.members(['one\ntwo\n', 'settled one\ntwo\n']);
    await journal.settled();
    await journal.close();
  });

  it('begins anew with what is live, whatever a power cut left of the last line', async () => {
    await writeFile(path, 'one\ntw');
    expect(await LineJournal.load(path)).to.deep.equal(['one', 'tw']);
    const { journal } = await start(new Map([['a', 'one\n']]));
    await journal.append('three\n');
    await journal.close();
    expect(await text()).to.equal('one\nthree\n');
    expect(await LineJournal.load(join(folder, 'none'))).to.deep.equal([]);
  });

  it('does not grow without end', async () => {
    const live = new Map<string, string>();
    const { journal } = await start(live);
    let longest = 0;
    for (let count = 0; count < 3_000; count += 1) {
      live.set('a', `${count}\n`);
      await journal.append(`${count}\n`);
      if (count % 100 === 0) longest = Math.max(longest, (await text()).split('\n').length);
    }
    expect(longest).to.be.below(1_010);
    expect((await text()).endsWith('\n2999\n')).to.equal(true);
    await journal.close();
  });

  it('tells of a disk that refuses, goes on meanwhile, and has all that is live once it takes it again', async () => {
    const live = new Map<string, string>();
    const { journal, failures } = await start(live);
    const probe = await open(path, 'r');
    const prototype = Object.getPrototypeOf(probe) as { write: unknown };
    await probe.close();
    const { write } = prototype;
    prototype.write = () => Promise.reject(new Error('ENOSPC: no space left on device'));
    try {
      live.set('a', 'one\n');
      await journal.append('one\n');
      live.set('b', 'two\n');
      await journal.append('two\n');
    } finally {
      prototype.write = write;
    }
    expect(failures).to.deep.equal(['ENOSPC: no space left on device']);
    expect(await text(), 'a disk that refuses is not asked again at once').to.equal('');
    await journal.close();
    const again = await start(live);
    expect(await text()).to.equal('one\ntwo\n');
    await again.journal.close();
  });
});
