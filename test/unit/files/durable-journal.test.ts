import { expect } from 'chai';
import { appendFileSync, mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { open, type FileHandle } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import sinon from 'sinon';
import { DurableJournal } from '../../../src/files/durable-journal.js';

describe('a durable journal', () => {
  let folder: string;
  let path: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'imago-journal-'));
    path = join(folder, 'deep', 'lines');
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  it('has each line on disk once it is appended, in order, for its owner only', async () => {
    const { journal, lines } = await DurableJournal.open(path, 0o600);
    expect(lines).to.deep.equal([]);
    await Promise.all(['a', 'b', 'c'].map((line) => journal.append(line)));
    await journal.append('d');
    expect(readFileSync(path, 'utf8')).to.equal('a\nb\nc\nd\n');
    expect(statSync(path).mode & 0o777).to.equal(0o600);
    await journal.close();
    const again = await DurableJournal.open(path, 0o600);
    expect(again.lines).to.deep.equal(['a', 'b', 'c', 'd']);
    await again.journal.close();
  });

  it('writes over what a power cut tore', async () => {
    const first = await DurableJournal.open(path, 0o600);
    await first.journal.append('whole');
    await first.journal.close();
    appendFileSync(path, '{"half":');
    const { journal, lines } = await DurableJournal.open(path, 0o600);
    expect(lines).to.deep.equal(['whole']);
    await journal.append('next');
    await journal.close();
    expect(readFileSync(path, 'utf8')).to.match(/^whole\nnext\n/);
    const again = await DurableJournal.open(path, 0o600);
    expect(again.lines.slice(0, 2)).to.deep.equal(['whole', 'next']);
    await again.journal.close();
  });

  it('takes other lines in place of all, and goes on behind them', async () => {
    const { journal } = await DurableJournal.open(path, 0o600);
    await journal.append('a');
    const both = [journal.rewrite(['x', 'y']), journal.append('z')];
    await Promise.all(both);
    expect(readFileSync(path, 'utf8')).to.equal('x\ny\nz\n');
    expect(statSync(path).mode & 0o777).to.equal(0o600);
    await journal.close();
  });

  it('refuses a line that cannot be written, and takes the next one once it can', async () => {
    const { journal } = await DurableJournal.open(path, 0o600);
    const handle = await open(path, 'r');
    const flush = sinon.stub(Object.getPrototypeOf(handle) as FileHandle, 'datasync');
    flush.onFirstCall().rejects(Object.assign(new Error('no space'), { code: 'ENOSPC' }));
    flush.resolves();
    try {
      const [lost, lostToo] = [journal.append('lost'), journal.append('lost too')];
      expect(
        await Promise.allSettled([lost, lostToo]).then((all) => all.map(({ status }) => status)),
      ).to.deep.equal(['rejected', 'rejected']);
      await journal.append('kept, though it is longer than both');
    } finally {
      flush.restore();
      await handle.close();
    }
    await journal.close();
    expect(readFileSync(path, 'utf8')).to.equal('kept, though it is longer than both\n');
  });
});
