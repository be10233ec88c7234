import { expect } from 'chai';
import { execFileSync } from 'node:child_process';
import { chmodSync, mkdtempSync, readFileSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { StoreUnavailable } from '../../src/host/errors.js';
import { ClusterFolder, eventually } from '../support/cluster-folder.js';

describe('a disk that refuses', function () {
  this.timeout(20_000);
  let outside: string;
  let folder: ClusterFolder;

  beforeEach(async () => {
    outside = mkdtempSync(join(tmpdir(), 'imago-disk-'));
    mount('-t', 'tmpfs', '-o', 'size=3m', 'tmpfs', outside);
    folder = new ClusterFolder(join(outside, 'cluster'));
    await folder.open();
    await folder.put('ser1', 'host created');
  });

  afterEach(async () => {
    await folder.close();
    execFileSync('umount', [outside]);
    rmSync(outside, { recursive: true });
  });

  const refusal = (what: string) =>
    folder.put('ser1', what, { hostname: what }).catch((error: unknown) => error);
  const fill = (): void => {
    try {
      for (let number = 0; ; number += 1)
        writeFileSync(join(outside, `filler${number}`), Buffer.alloc(32 * 1024));
    } catch (error) {
      expect(error).to.have.property('code', 'ENOSPC');
    }
    try {
      for (let number = 0; ; number += 1)
        writeFileSync(join(outside, `filler-small${number}`), Buffer.alloc(1));
    } catch (error) {
      expect(error).to.have.property('code', 'ENOSPC');
    }
  };
  const empty = (): void => {
    for (const name of readdirSync(outside)) if (name.startsWith('filler')) rmSync(join(outside, name));
  };

  it('because it is full: changes are refused, reads go on, and nothing of what was refused is there later', async () => {
    fill();
    const error = await refusal('full');
    expect(error).to.be.instanceOf(StoreUnavailable).with.property('kind', 'full');
    expect(folder.host('ser1')?.hostname).to.equal(undefined);
    expect(folder.store.health()).to.deep.include({ isWritable: false });
    expect(folder.store.health().troubles.join()).to.include('no space left on device');
    empty();
    await folder.open();
    expect(folder.host('ser1')?.hostname).to.equal(undefined);
    expect(folder.subjects()[0]).to.equal('ser1 ser1: host created');
  });

  it('until there is space: the next change is recorded', async () => {
    fill();
    await refusal('full');
    empty();
    await folder.put('ser1', 'after', { hostname: 'after' });
    expect(folder.store.health()).to.deep.equal({ isWritable: true, troubles: [] });
    await folder.close();
    expect(folder.subjects()[0]).to.equal('ser1 ser1: after');
    expect(folder.git('fsck', '--full', '--strict')).to.equal('');
    expect(folder.git('status', '--porcelain')).to.equal('');
  });

  it('until there is space: health is good again without a change', async () => {
    fill();
    await refusal('full');
    empty();
    await eventually(() => {
      expect(folder.store.health().isWritable).to.equal(true);
    });
  });

  it('in the middle of many changes: each is recorded or refused, none in between', async () => {
    const outcomes: Promise<boolean>[] = [];
    for (let number = 0; number < 400; number += 1) {
      if (number === 100) fill();
      if (number === 300) empty();
      const change = folder.put(`many${number}`, 'host created', { hostname: 'x'.repeat(500) });
      outcomes.push(
        change.then(
          () => true,
          () => false,
        ),
      );
      if (number % 20 === 0) await Promise.allSettled(outcomes);
    }
    const recorded = (await Promise.all(outcomes)).filter(Boolean).length;
    expect(recorded).to.be.within(100, 399);
    await folder.open();
    expect(folder.store.size).to.equal(recorded + 1);
    await folder.close();
    expect(folder.git('fsck', '--full', '--strict')).to.equal('');
    expect(folder.git('rev-list', '--count', 'HEAD').trim()).to.equal(String(recorded + 2));
  });

  it('because it is read-only: changes are refused until it is writable', async () => {
    await eventually(() => {
      mount('-o', 'remount,ro', outside);
    });
    const error = await refusal('read-only');
    expect(error).to.be.instanceOf(StoreUnavailable).with.property('kind', 'unavailable');
    expect((error as Error).message).to.include('read-only file system');
    mount('-o', 'remount,rw', outside);
    await folder.put('ser1', 'after');
    expect(folder.store.health().isWritable).to.equal(true);
  });
});

describe('a disk that damaged the cluster folder', function () {
  this.timeout(20_000);
  let folder: ClusterFolder;

  beforeEach(async () => {
    folder = new ClusterFolder();
    await folder.open();
    await folder.put('ser1', 'host created');
    await folder.put('ser1', 'updated host state to installing', { state: 'installing' });
    await folder.close();
  });

  afterEach(async () => {
    await folder.remove();
  });

  const inGit = (path: string): string => join(folder.directory, '.git', path);
  const newestPack = (): string =>
    readdirSync(inGit('objects/pack'))
      .filter((name) => name.endsWith('.pack'))
      .map((name) => inGit(`objects/pack/${name}`))
      .sort((a, b) => statSync(b).mtimeMs - statSync(a).mtimeMs)[0] ?? '';
  const spoil = (file: string, from: number): void => {
    const bytes = readFileSync(file);
    chmodSync(file, 0o644);
    writeFileSync(file, bytes.fill(0xaa, from, bytes.length - 20));
  };

  const damages: { name: string; damage: () => void; named: string }[] = [
    {
      name: 'the branch is empty',
      damage: () => {
        writeFileSync(inGit('refs/heads/main'), '');
      },
      named: 'refs/heads/main does not hold a commit id',
    },
    {
      name: 'the branch holds garbage',
      damage: () => {
        writeFileSync(inGit('refs/heads/main'), Buffer.alloc(41));
      },
      named: 'refs/heads/main does not hold a commit id',
    },
    {
      name: 'the branch names a commit that is not there',
      damage: () => {
        writeFileSync(inGit('refs/heads/main'), `${'1'.repeat(40)}\n`);
      },
      named: `Git object ${'1'.repeat(40)}`,
    },
    {
      name: 'the last commits are damaged',
      damage: () => {
        spoil(newestPack(), 12);
      },
      named: '.pack is damaged',
    },
  ];
  for (const { name, damage, named } of damages) {
    it(`${name}: it starts, names it, and has every host as it was`, async () => {
      damage();
      await folder.open();
      expect(folder.host('ser1')?.state).to.equal('installing');
      expect(folder.store.health().troubles.join())
        .to.include(named)
        .and.to.include('the newest commit that is whole');
      expect(folder.log.some(({ level, message }) => level === 'error' && message.includes(named))).to.equal(
        true,
      );
      await folder.put('ser1', 'updated state to running', { state: 'running' });
      await folder.open();
      expect(folder.host('ser1')?.state).to.equal('running');
      expect(folder.store.health().troubles).to.deep.equal([]);
    });
  }

  it('old commits are damaged: the fleet is whole, history is told as far as it goes, and the damage is named', async () => {
    const [oldest = ''] = readdirSync(inGit('objects/pack'))
      .filter((name) => name.endsWith('.pack'))
      .map((name) => inGit(`objects/pack/${name}`))
      .sort((a, b) => statSync(a).mtimeMs - statSync(b).mtimeMs);
    spoil(oldest, 12);
    rmSync(inGit('imago/log'));
    await folder.open();
    await eventually(() => {
      expect(folder.store.health().troubles.join()).to.include('history is not complete: Git object');
    });
    expect(folder.host('ser1')?.state).to.equal('installing');
    expect((await folder.store.history(folder.host('ser1')!.serial)).length).to.be.at.least(1);
    await folder.put('ser1', 'updated state to running', { state: 'running' });
  });

  it('a file of the work tree is damaged: it is restored', async () => {
    writeFileSync(folder.path('ser1'), Buffer.alloc(300));
    await folder.open();
    await folder.close();
    expect(folder.git('status', '--porcelain')).to.equal('');
  });

  it('the index of git is damaged: it is written again', async () => {
    writeFileSync(inGit('index'), 'garbage');
    await folder.open();
    await folder.close();
    expect(folder.git('status', '--porcelain')).to.equal('');
  });
});

function mount(...words: string[]): void {
  execFileSync('mount', words, { stdio: ['ignore', 'ignore', 'pipe'] });
}
