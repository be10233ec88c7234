import { expect } from 'chai';
import { execFileSync, spawnSync } from 'node:child_process';
import { chmodSync, cpSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { useFakeTimers } from 'sinon';
import type { Serial } from '../../src/host/serial.js';
import { ObjectReader } from '../../src/git/object-reader.js';
import { ClusterFolder, eventually } from '../support/cluster-folder.js';

describe('the packs of a cluster folder', function () {
  this.timeout(20_000);
  let folder: ClusterFolder;

  beforeEach(async () => {
    folder = new ClusterFolder();
    await folder.open();
  });

  afterEach(async () => {
    await folder.remove();
  });

  const packFolder = (): string => join(folder.directory, '.git/objects/pack');
  const packs = (): string[] =>
    readdirSync(packFolder())
      .filter((name) => /^pack-.*\.idx$/.test(name))
      .map((name) => name.slice(0, -4));
  const changeMany = async (count: number): Promise<void> => {
    for (let number = 0; number < count; number += 1) {
      await folder.put(`ser${number % 5}`, `step ${number}`, { hostname: `name${number % 7}` });
    }
  };

  const fsck = () => folder.git('fsck', '--full', '--strict');
  const objects = () => folder.git('cat-file', '--batch-all-objects', '--batch-check').trim().split('\n');
  /** As after a pause of some seconds. */
  const joined = async (): Promise<void> => {
    const clock = useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'], shouldClearNativeTimers: true });
    try {
      await folder.open();
      clock.tick(5000);
    } finally {
      clock.restore();
    }
  };

  it('are joined by git once nothing was written for a while, with every object that they had', async () => {
    await changeMany(70);
    await folder.close();
    const before = objects();
    expect(packs()).to.have.length(71);
    await joined();
    await eventually(() => {
      expect(packs().length).to.be.below(10);
    });
    expect(folder.store.health().troubles).to.deep.equal([]);
    expect(await folder.store.history('ser3' as Serial)).to.have.length(14);
    await folder.close();
    expect(objects()).to.deep.equal(before);
    expect(fsck()).to.equal('');
    expect(folder.git('rev-list', '--count', 'HEAD').trim()).to.equal('71');
  });

  it('are joined whatever the configuration of the repository and the environment say', async () => {
    await changeMany(40);
    await folder.close();
    for (const setting of ['pack.indexVersion 1', 'pack.packSizeLimit 1m', 'repack.writeBitmaps true'])
      folder.git('config', ...setting.split(' '));
    process.env['GIT_OBJECT_DIRECTORY'] = '/nonexistent';
    try {
      await joined();
      await eventually(() => {
        expect(packs().length).to.be.below(10);
      });
    } finally {
      delete process.env['GIT_OBJECT_DIRECTORY'];
    }
    expect(await folder.store.history('ser3' as Serial)).to.have.length(8);
    expect(await folder.store.history('ser4' as Serial)).to.have.length(8);
  });

  it('keep a commit that no branch has yet', async () => {
    await changeMany(40);
    const [tree = '', parent = ''] = folder.git('rev-parse', 'HEAD^{tree}', 'HEAD').trim().split('\n');
    const commit = folder.git('commit-tree', tree, '-p', parent, '-m', 'not yet on a branch').trim();
    execFileSync('git', ['pack-objects', '-q', join(packFolder(), 'pack')], {
      cwd: folder.directory,
      input: `${commit}\n`,
    });
    folder.git('prune-packed');
    await joined();
    await eventually(() => {
      expect(packs().length).to.be.below(10);
    });
    await folder.close();
    expect(folder.git('cat-file', '-t', commit).trim()).to.equal('commit');
  });

  it('stay as they are without the git command, and health says what to do', async () => {
    await changeMany(40);
    await folder.close();
    const path = process.env['PATH'];
    process.env['PATH'] = '/nonexistent';
    try {
      await joined();
      await eventually(() => {
        expect(folder.store.health()).to.deep.equal({
          isWritable: true,
          troubles: [
            'the packs of the cluster folder are not joined: git repack failed: there is no git command: install git',
          ],
        });
      });
    } finally {
      process.env['PATH'] = path;
    }
    expect(packs()).to.have.length(41);
    await folder.put('ser1', 'one more');
    expect(await folder.store.history('ser3' as Serial)).to.have.length(8);
  });

  it('leave a damaged one as it is, so that its damage stays to be seen', async () => {
    await changeMany(40);
    await folder.close();
    const head = folder.git('rev-parse', 'HEAD').trim();
    const damaged = packs().find(
      (name) => !readFileSync(join(packFolder(), `${name}.idx`)).includes(Buffer.from(head, 'hex')),
    );
    const file = join(packFolder(), `${damaged}.pack`);
    const content = readFileSync(file);
    const inCommit = content.length - 60; // the last object of its pack, which no other has as well
    content.writeUInt8(content.readUInt8(inCommit) ^ 1, inCommit);
    chmodSync(file, 0o644);
    writeFileSync(file, content);
    await joined();
    await eventually(() => {
      expect(folder.store.health().troubles.join()).to.include(
        'the packs of the cluster folder are not joined: git repack failed: ',
      );
    });
    await folder.close();
    expect(packs()).to.include(damaged);
    expect(readFileSync(file).equals(content)).to.equal(true);
  });

  it('lose nothing when a repack is killed at any moment', async () => {
    await changeMany(60);
    await folder.close();
    const before = objects();
    const whole = join(folder.directory, '.git/objects/pack');
    const copy = `${folder.directory}.copy`;
    cpSync(whole, copy, { recursive: true });
    for (let milliseconds = 0; milliseconds < 64; milliseconds += 8) {
      spawnSync('git', ['repack', '--geometric=2', '-d', '-q'], {
        cwd: folder.directory,
        timeout: 1 + milliseconds,
        killSignal: 'SIGKILL',
      });
      await folder.open();
      await folder.close();
      expect(objects()).to.deep.equal(before);
      expect(fsck()).to.equal('');
      rmSync(whole, { recursive: true });
      cpSync(copy, whole, { recursive: true });
    }
    rmSync(copy, { recursive: true });
  });

  it('as the git command repacks them, with its long chains of deltas, are read to the last object', async () => {
    await changeMany(60);
    await folder.close();
    folder.git('repack', '-a', '-d', '-q', '-f', '--depth=200', '--window=50');
    const reader = new ObjectReader(join(folder.directory, '.git'));
    for (const line of folder.git('cat-file', '--batch-all-objects', '--batch-check').trim().split('\n')) {
      const [id = '', type = '', size = ''] = line.split(' ');
      const object = reader.read(id);
      expect([object.type, object.content.length]).to.deep.equal([type, Number(size)]);
    }
    reader.close();
    await folder.open();
    expect(await folder.store.history('ser3' as Serial)).to.have.length(12);
  });

  it('can be repacked and collected by an operator while changes are made: nothing is lost', async () => {
    const changes: Promise<void>[] = [];
    for (let round = 0; round < 6; round += 1) {
      for (let number = 0; number < 30; number += 1)
        changes.push(folder.put(`ser${number}`, `step ${round}`));
      folder.git('repack', '-a', '-d', '-q');
      folder.git('gc', '-q', '--prune=now');
      await Promise.all(changes);
    }
    await folder.close();
    expect(folder.git('fsck', '--full', '--strict')).to.equal('');
    expect(folder.git('rev-list', '--count', 'HEAD').trim()).to.equal('181');
    await folder.open();
    expect(folder.store.size).to.equal(30);
  });
});
