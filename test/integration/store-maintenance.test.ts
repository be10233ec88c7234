import { expect } from 'chai';
import { chmodSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Serial } from '../../src/host/serial.js';
import { mergePacks } from '../../src/git/merge-packs.js';
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

  it('are merged as they come, without the git command', async () => {
    await changeMany(70);
    await eventually(() => {
      expect(packs().length).to.be.below(40);
    });
    expect(await folder.store.history('ser3' as Serial)).to.have.length(14);
    await folder.close();
    expect(folder.git('fsck', '--full', '--strict')).to.equal('');
    expect(folder.git('rev-list', '--count', 'HEAD').trim()).to.equal('71');
  });

  it('leave a damaged one as it is, so that its damage stays to be seen', async () => {
    await changeMany(20);
    await folder.close();
    const [damaged = '', ...whole] = packs();
    const file = join(packFolder(), `${damaged}.pack`);
    const content = readFileSync(file);
    content.writeUInt8(content.readUInt8(40) ^ 1, 40);
    chmodSync(file, 0o644);
    writeFileSync(file, content);
    expect(mergePacks(packFolder(), packs())).to.equal(whole.length);
    expect(packs()).to.have.length(2).and.to.include(damaged);
    expect(readFileSync(file).equals(content)).to.equal(true);
  });

  it('merged hold every object once, whatever was in them', async () => {
    await changeMany(20);
    await folder.close();
    const objects = folder.git('cat-file', '--batch-all-objects', '--batch-check').trim().split('\n');
    mergePacks(packFolder(), packs());
    expect(packs()).to.have.length(1);
    expect(folder.git('cat-file', '--batch-all-objects', '--batch-check').trim().split('\n')).to.deep.equal(
      objects,
    );
    expect(folder.git('fsck', '--full', '--strict')).to.equal('');
    expect(
      folder.git(
        'verify-pack',
        packs()
          .map((name) => join(packFolder(), `${name}.idx`))
          .join(),
      ),
    ).to.equal('');
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
