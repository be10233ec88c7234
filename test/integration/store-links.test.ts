import { expect } from 'chai';
import {
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import type { Author } from '../../src/host/host-store.js';
import { rawKind } from '../../src/host/record-kind.js';
import { recordPath, shardOf } from '../../src/store/layout.js';
import { ClusterFolder, eventually } from '../support/cluster-folder.js';

const templates = rawKind('generic', { put: 'template put', removed: 'template removed' });
const anna: Author = { name: 'anna', kind: 'operator' };
const SECRET = 'root:$6$secret:20000:0:99999:7:::\n';
const place = (name: string) => recordPath(templates, name);

describe('links in the work tree', function () {
  this.timeout(30_000);
  let folder: ClusterFolder;
  let outside: string;
  let secret: string;

  beforeEach(async () => {
    outside = mkdtempSync(join(tmpdir(), 'imago-outside-'));
    secret = join(outside, 'shadow');
    writeFileSync(secret, SECRET);
    folder = new ClusterFolder(mkdtempSync(join(tmpdir(), 'imago-store-')), [templates]);
    await folder.open();
    await folder.put('ser1', 'host created', { connectedNic: 'eth0' });
    await put('a', 'one\n');
    await eventually(() => {
      expect(readFileSync(path(place('a')), 'utf8')).to.equal('one\n');
      expect(folder.git('status', '--porcelain')).to.equal('');
    });
  });

  afterEach(async () => {
    await folder.remove();
    rmSync(outside, { recursive: true });
  });

  const records = () => folder.store.records(templates);
  const put = (name: string, content: string) =>
    records().change(name, () => ({ record: Buffer.from(content), code: 'put' }), anna);
  const path = (file: string) => join(folder.directory, file);
  const link = (file: string, target = secret) => {
    mkdirSync(dirname(path(file)), { recursive: true });
    rmSync(path(file), { force: true });
    symlinkSync(target, path(file));
  };
  const troubles = () => folder.store.health().troubles.join('\n');
  const commitAll = () =>
    eventually(() => {
      folder.git('add', '-A');
      folder.git('commit', '-q', '-m', 'by hand');
    });
  /** Neither what the link leads to nor its name is anywhere. */
  const expectNotTaken = () => {
    for (const [, content] of records().list()) expect(content.toString()).to.equal('one\n');
    const objects = folder.git('cat-file', '--batch-all-objects', '--batch', '--buffer');
    expect(objects).not.to.include('secret');
    expect(readFileSync(secret, 'utf8')).to.equal(SECRET);
  };
  let notes = 0;
  const expectGitWorks = async () => {
    notes += 1;
    await eventually(() => {
      expect(existsSync(path('.git/index.lock'))).to.equal(false);
      writeFileSync(path('README'), `${notes}\n`);
      folder.git('add', 'README');
      folder.git('commit', '-q', '-m', 'notes');
    });
  };

  for (const { what, file } of [
    { what: 'in the folder of a kind', file: 'generic/sh' },
    { what: 'in the place of a new record', file: place('sh') },
    { what: 'instead of a record', file: place('a') },
  ]) {
    for (const isStopped of [false, true]) {
      it(`${what}, ${isStopped ? 'set while imago is stopped' : 'beside imago'}: a fault, until it is gone`, async () => {
        if (isStopped) await folder.close();
        link(file);
        if (isStopped) await folder.open();
        await eventually(() => {
          expect(troubles()).to.include(`an edit is not taken up: ${file}:1: '${file}' is a link`);
        });
        expectNotTaken();
        await expectGitWorks();
        rmSync(path(file));
        await eventually(() => {
          expect(folder.store.health().troubles).to.deep.equal([]);
          expect(readFileSync(path(place('a')), 'utf8')).to.equal('one\n');
        });
        expect(records().get('a')?.toString()).to.equal('one\n');
      });

      it(`${what}, committed ${isStopped ? 'while imago is stopped' : 'beside imago'}: put right by a commit`, async () => {
        if (isStopped) await folder.close();
        link(file);
        await commitAll();
        if (isStopped) await folder.open();
        await eventually(() => {
          expect(folder.subjects()[0]).to.include(`refused an edit: ${file}:1: '${file}' is a link`);
          expect(folder.git('status', '--porcelain')).to.equal('');
          expect(folder.git('ls-files', '-s')).not.to.include('120000');
          expect(folder.store.health().troubles).to.deep.equal([]);
        });
        expectNotTaken();
        expect(readFileSync(path(place('a')), 'utf8')).to.equal('one\n');
        expect(folder.git('ls-tree', '-r', 'HEAD')).not.to.include('120000');
        await expectGitWorks();
      });
    }
  }

  it('instead of the file of a host: a fault; committed, put right by a commit', async () => {
    const before = folder.read('ser1');
    const file = folder.path('ser1').slice(folder.directory.length + 1);
    writeFileSync(secret, before.replace('eth0', 'secret'));
    link(file);
    await eventually(() => expect(troubles()).to.include(`'${file}' is a link`));
    expect(folder.host('ser1')?.connectedNic).to.equal('eth0');
    await commitAll();
    await eventually(() => {
      expect(folder.subjects()[0]).to.include(`imago ser1: refused an edit: ${file}:1: '${file}' is a link`);
      expect(lstatSync(path(file)).isFile() && folder.read('ser1')).to.equal(before);
      expect(folder.git('status', '--porcelain')).to.equal('');
    });
    expect(folder.host('ser1')?.connectedNic).to.equal('eth0');
    await folder.open();
    expect(folder.host('ser1')?.connectedNic).to.equal('eth0');
    expect(folder.store.health().troubles).to.deep.equal([]);
  });

  for (const isStopped of [false, true]) {
    for (const linked of ['generic', dirname(place('a')), 'hosts']) {
      it(`${linked}, a folder of records, ${isStopped ? 'set while imago is stopped' : 'beside imago'}: nothing is read or written through it`, async () => {
        if (isStopped) await folder.close();
        const elsewhere = join(outside, 'elsewhere');
        mkdirSync(join(elsewhere, shardOf('a')), { recursive: true });
        writeFileSync(join(elsewhere, shardOf('a'), 'a'), 'secret');
        writeFileSync(join(elsewhere, 'a'), 'secret');
        renameSync(path(linked), join(outside, 'own'));
        symlinkSync(elsewhere, path(linked));
        if (isStopped) await folder.open();
        await eventually(() => expect(troubles()).to.include(linked).and.include('is a link'));
        await put('a', 'one\n');
        await put('b', 'one\n');
        await folder.put('ser1', 'updated state to running', { state: 'running' });
        await folder.put('ser2', 'host created');
        await expectGitWorks();
        expectNotTaken();
        expect(readdirSync(elsewhere, { recursive: true })).to.have.members([
          'a',
          shardOf('a'),
          `${shardOf('a')}/a`,
        ]);
        rmSync(path(linked));
        renameSync(join(outside, 'own'), path(linked));
        await eventually(() => {
          expect(folder.store.health().troubles).to.deep.equal([]);
          expect(JSON.parse(folder.read('ser1'))).to.include({ State: 'running' });
        });
      });
    }
  }

  it('that lead to folders, committed as files of nobody: the work tree follows, and git works, over restarts', async () => {
    link('generic/.loop', '../../..');
    link('loop', '..');
    link('hosts/loop', '../..');
    await commitAll();
    await put('b', 'one\n');
    await expectGitWorks();
    for (const restart of [1, 2]) {
      await folder.open();
      await put('b', restart === 1 ? 'two\n' : 'one\n');
      await eventually(() => {
        expect(folder.store.health().troubles).to.deep.equal([]);
        expect(folder.git('status', '--porcelain')).to.equal('');
      });
      await expectGitWorks();
      rmSync(path('README'));
      await commitAll();
    }
    expect(lstatSync(path('generic/.loop')).isSymbolicLink()).to.equal(true);
    expectNotTaken();
  });

  it('and folders where files of records are to be: they stay, are told of, and git works', async () => {
    rmSync(path(place('a')));
    mkdirSync(path(place('a')));
    writeFileSync(join(path(place('a')), 'notes'), 'ours\n');
    await put('a', 'two\n');
    await eventually(() => expect(troubles()).to.include(`'${place('a')}' is no file: remove it`));
    await expectGitWorks();
    await folder.open();
    await eventually(() => expect(troubles()).to.include(`'${place('a')}' is no file: remove it`));
    rmSync(path(place('a')), { recursive: true });
    await eventually(() => {
      expect(folder.store.health().troubles).to.deep.equal([]);
      expect(readFileSync(path(place('a')), 'utf8')).to.equal('two\n');
    });
  });
});
