import { expect } from 'chai';
import { readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Serial } from '../../src/host/serial.js';
import { signatureOf } from '../../src/store/change-batch.js';
import { CHECKOUT_MARK } from '../../src/store/worktree/checkout.js';
import { flushBatch } from '../../src/store/disk.js';
import { encodeCommit } from '../../src/git/commit.js';
import type { ObjectId } from '../../src/git/object.js';
import { NO_KINDS, hostPath, isHostFile } from '../../src/store/layout.js';
import { indexEntryPath, isUnflushed, splitIndexEntries } from '../../src/git/index-file.js';
import { loadTip } from '../../src/store/load-tip.js';
import { ObjectReader } from '../../src/git/object-reader.js';
import { scanWorkTree } from '../../src/store/worktree/work-tree.js';
import { adoptWorkTree } from '../../src/store/worktree/adopt-work-tree.js';
import { PackBuilder } from '../../src/git/pack-builder.js';
import { repositoryPaths } from '../../src/store/repository.js';
import { ClusterFolder } from '../support/cluster-folder.js';

/**
 * A start after a kill: the commits are whole, the work tree lies behind them, and the mark names the commit that it is
 * known to have reached.
 */
describe('a work tree that a kill left behind the commits', function () {
  this.timeout(60_000);
  let folder: ClusterFolder;
  /** ser1 as it was created. */
  let created: { readonly commit: ObjectId; readonly text: string };

  beforeEach(async () => {
    folder = new ClusterFolder();
    await folder.open();
    await folder.put('ser1', 'host created');
    await folder.close();
    created = { commit: head(), text: folder.read('ser1') };
  });

  afterEach(async () => {
    await folder.remove();
  });

  const head = (): ObjectId => folder.git('rev-parse', 'HEAD').trim();
  const markFile = () => join(folder.directory, '.git', CHECKOUT_MARK);
  const mark = () => readFileSync(markFile(), 'utf8').trim();
  const changed = async (...changes: readonly (readonly [serial: string, what: string])[]) => {
    await folder.open();
    for (const [serial, what] of changes)
      await folder.put(serial, what, { state: 'running', connectedNic: 'eth0' });
    await folder.close();
  };
  const killed = (at: { readonly commit: ObjectId; readonly text: string }) => {
    writeFileSync(markFile(), `${at.commit}\n`);
    writeFileSync(folder.path('ser1'), at.text);
  };
  const lastSubject = () => folder.git('log', '-1', '--format=%an %s').trim();
  const expectRestored = async () => {
    const before = head();
    await folder.open();
    expect(folder.host('ser1')).to.include({ state: 'running', connectedNic: 'eth0' });
    await folder.close();
    expect(head(), 'nothing was taken for an edit').to.equal(before);
    expect(folder.git('status', '--porcelain')).to.equal('');
    expect(JSON.parse(folder.read('ser1'))).to.include({ State: 'running' });
    expect(mark()).to.equal(before);
  };

  it('has a file of the time of the mark: it is written again', async () => {
    await changed(['ser1', 'updated state to running']);
    killed(created);
    await expectRestored();
  });

  it('has a file of a commit between the mark and the head: it is written again', async () => {
    await folder.open();
    await folder.put('ser1', 'updated host cabinet', { cabinet: 7 });
    await folder.close();
    const between = folder.read('ser1');
    await changed(['ser2', 'host created'], ['ser1', 'updated state to running'], ['ser2', 'updated']);
    killed({ commit: created.commit, text: between });
    await expectRestored();
  });

  it('has a file that a pull was about to change: it is written again', async () => {
    await folder.open();
    await folder.store.remote.push({ url: folder.directory, branch: 'elsewhere' });
    await folder.close();
    folder.git('checkout', '-q', 'elsewhere');
    const edited = created.text
      .replace('"unknown"', '"running"')
      .replace('"ConnectedNIC": ""', '"ConnectedNIC": "eth0"');
    writeFileSync(folder.path('ser1'), edited);
    folder.git('commit', '-q', '-am', 'reviewed');
    folder.git('checkout', '-q', 'main');
    await folder.open();
    expect(await folder.store.remote.pull({ url: folder.directory, branch: 'elsewhere' })).to.equal(1);
    await folder.close();
    killed(created);
    await expectRestored();
  });

  it('has a file that commits made with git changed, under any words: it is written again', async () => {
    for (const serial of ['ser1', 'ser2']) {
      await folder.open();
      await folder.put(serial, 'updated', { cabinet: 7 });
      await folder.close();
    }
    const before = { commit: head(), text: folder.read('ser1') };
    folder.edit('ser1', '"unknown"', '"running"');
    folder.edit('ser1', '"ConnectedNIC": ""', '"ConnectedNIC": "eth0"');
    folder.edit('ser2', '"unknown"', '"running"');
    folder.git('commit', '-q', '-am', 'ser2: by hand');
    await folder.open();
    await folder.close();
    killed(before);
    await expectRestored();
  });

  it('has a file of before the mark: an operator brought it back, and it becomes a commit', async () => {
    await changed(['ser1', 'updated state to running']);
    killed({ commit: head(), text: created.text });
    await folder.open();
    expect(folder.host('ser1')).to.include({ state: 'unknown' });
    expect(lastSubject()).to.equal('operator ser1: edited conf.json');
  });

  it('has a file that no commit ever had: an operator edited it, and it becomes a commit', async () => {
    await changed(['ser1', 'updated state to running']);
    killed({ commit: created.commit, text: created.text.replace('"unknown"', '"configured"') });
    await folder.open();
    expect(folder.host('ser1')).to.include({ state: 'configured' });
    expect(lastSubject()).to.equal('operator ser1: edited conf.json');
  });

  it('has files that are right, and perhaps in memory only: those of after the mark are flushed before it moves on', async () => {
    await changed(['ser1', 'updated state to running'], ['ser2', 'host created']);
    killed({ commit: folder.git('rev-parse', 'HEAD~1').trim(), text: folder.read('ser1') });
    const paths = repositoryPaths(folder.directory);
    const reader = new ObjectReader(paths.gitDirectory);
    const found = scanWorkTree(folder.directory, NO_KINDS);
    const loaded = loadTip(reader, NO_KINDS, head(), { found });
    const { entries, restore } = adoptWorkTree(reader, NO_KINDS, paths, head(), found, loaded);
    reader.close();
    expect(restore).to.deep.equal([]);
    const unflushed = [...splitIndexEntries(entries)].filter(
      (entry) => isHostFile(indexEntryPath(entry)) && isUnflushed(entry),
    );
    expect(unflushed.map(indexEntryPath)).to.deep.equal([hostPath('ser2' as Serial)]);
    await expectRestored();
    expect(folder.git('status', '--porcelain')).to.equal('');
  });

  describe('by more commits than are followed back', () => {
    beforeEach(async () => {
      await changed(['ser1', 'updated state to running'], ['ser2', 'host created']);
      await addCommits(50_001);
    });

    it('starts: a file that Git has is written again and named, one that it does not have is an edit', async () => {
      killed(created);
      folder.edit('ser2', '"running"', '"configured"');
      await folder.open();
      expect(folder.host('ser1')).to.include({ state: 'running', connectedNic: 'eth0' });
      expect(folder.host('ser2')).to.include({ state: 'configured' });
      await folder.close();
      expect(lastSubject()).to.equal('operator ser2: edited conf.json');
      expect(folder.git('status', '--porcelain')).to.equal('');
      expect(folder.log.filter(({ level }) => level === 'warn')).to.deep.equal([
        {
          level: 'warn',
          facts: { files: [hostPath('ser1' as Serial)], count: 1 },
          message:
            'the commits cannot be followed back to where the work tree was last known to be: files that Git has already are written again',
        },
      ]);
      expect(mark()).to.equal(head());
    });

    it('and that cannot have come from where the mark is: what is older than it is an edit', async () => {
      const [newest, older] = folder.git('rev-list', '-2', 'HEAD').trim().split('\n');
      folder.git('reset', '-q', '--soft', older ?? '');
      killed({ commit: newest ?? '', text: created.text });
      await folder.open();
      expect(folder.host('ser1')).to.include({ state: 'unknown' });
      expect(lastSubject()).to.equal('operator ser1: edited conf.json');
    });
  });

  it('by a commit that is damaged: a file that Git has is written again and named', async () => {
    const before = packs();
    await folder.open();
    await folder.put('ser1', 'updated host cabinet', { cabinet: 7 });
    const lost = packs().filter((pack) => !before.includes(pack));
    folder.now = new Date(folder.now.getTime() + 1000);
    await folder.put('ser1', 'updated state to running', { state: 'running', connectedNic: 'eth0' });
    await folder.close();
    const newest = head();
    expect(lost).not.to.have.length(0);
    for (const pack of lost) rmSync(pack);
    killed(created);
    await folder.open();
    expect(folder.host('ser1')).to.include({ state: 'running', connectedNic: 'eth0' });
    await folder.close();
    expect(head()).to.equal(newest);
    expect(JSON.parse(folder.read('ser1'))).to.include({ State: 'running' });
    expect(JSON.stringify(folder.log)).to.include('files that Git has already are written again');
  });

  const packs = (): readonly string[] => {
    const objects = join(folder.directory, '.git/objects/pack');
    return readdirSync(objects).map((name) => join(objects, name));
  };

  /** As many more of the same tree, a second apart. */
  async function addCommits(count: number): Promise<void> {
    const paths = repositoryPaths(folder.directory);
    const tree = folder.git('rev-parse', 'HEAD^{tree}').trim();
    const expected = head();
    const pack = new PackBuilder();
    let next = expected;
    for (let number = 1; number <= count; number += 1) {
      const time = new Date(folder.now.getTime() + number * 1000);
      const signature = signatureOf({ name: 'imago', kind: 'imago' }, time);
      const message = `ser9: step ${number}`;
      const commit = encodeCommit({
        tree,
        parents: [next],
        author: signature,
        committer: signature,
        message,
      });
      next = pack.add('commit', commit).toString('hex');
    }
    const batch = { number: 0, expected, next, files: [], ...pack.finish() };
    await flushBatch(paths.gitDirectory, paths.scratchFolder, 'refs/heads/main', batch, () => undefined);
  }
});
