import { expect } from 'chai';
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import type { Author } from '../../src/host/host-store.js';
import { rawKind } from '../../src/host/record-kind.js';
import { LARGEST_FILE, recordPath, shardOf } from '../../src/store/layout.js';
import { CHECKOUT_MARK } from '../../src/store/worktree/checkout.js';
import { ClusterFolder, eventually } from '../support/cluster-folder.js';
import { rejection } from '../support/rejection.js';

const templates = rawKind('generic', { put: 'template put', removed: 'template removed' });
const anna: Author = { name: 'anna', kind: 'operator' };

/** No UTF-8, a zero in the middle, line ends of every kind, none at the end. */
const anyBytes = Buffer.from([0xff, 0xfe, 0x00, 0xc3, 0x28, 0x0d, 0x0a, 0x0a, 0xe2, 0x82, 0xac, 0x7f]);
const everyByte = Buffer.from(Array.from({ length: 256 }, (_, byte) => 255 - byte).concat(10));

describe('records that are files as they are', function () {
  this.timeout(30_000);
  let folder: ClusterFolder;
  let outside: string;

  beforeEach(async () => {
    outside = mkdtempSync(join(tmpdir(), 'imago-raw-'));
    folder = new ClusterFolder(mkdtempSync(join(tmpdir(), 'imago-store-')), [templates]);
    await folder.open();
  });

  afterEach(async () => {
    await folder.remove();
    rmSync(outside, { recursive: true });
  });

  const records = () => folder.store.records(templates);
  const put = (name: string, content: Buffer | string) =>
    records().change(name, () => ({ record: Buffer.from(content as string), code: 'put' }), anna);
  const place = (name: string) => recordPath(templates, name);
  const path = (name: string) => join(folder.directory, place(name));
  const write = (file: string, content: Buffer | string) => {
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, content);
  };
  const committed = (name: string) =>
    execFileSync('git', ['-C', folder.directory, 'show', `HEAD:${place(name)}`]);
  const expectWhole = () => {
    expect(folder.git('status', '--porcelain')).to.equal('');
    expect(folder.git('fsck', '--full', '--strict', '--no-dangling')).to.equal('');
  };

  for (const [what, content] of [
    ['bytes that are no text', anyBytes],
    ['every byte', everyByte],
    ['nothing', Buffer.alloc(0)],
    ['as much as a file may have', Buffer.alloc(LARGEST_FILE, 'ä')],
    ['a byte-order mark, and no line end', Buffer.from('\ufeffa: {{.x}}\r\nb')],
  ] as const) {
    it(`hold ${what}, the same to the byte in memory, commit and file, also after a restart`, async () => {
      await put('install.yaml.tmpl', content);
      expect(records().get('install.yaml.tmpl')?.equals(content)).to.equal(true);
      await folder.open();
      expect(records().get('install.yaml.tmpl')?.equals(content)).to.equal(true);
      expect(committed('install.yaml.tmpl').equals(content)).to.equal(true);
      await folder.close();
      expect(readFileSync(path('install.yaml.tmpl')).equals(content)).to.equal(true);
      expectWhole();
      rmSync(join(folder.directory, 'generic'), { recursive: true });
      await folder.open();
      await eventually(() => {
        expect(readFileSync(path('install.yaml.tmpl')).equals(content)).to.equal(true);
      });
    });
  }

  it('have the names that their files have, with no ending but their own', async () => {
    const names = ['install.yaml.tmpl', 'node.bu', 'node', 'node.json', 'web_1-a', '52:54:00:00:00:01'];
    for (const name of names) await put(name, name);
    await folder.open();
    expect(new Map([...records().list()].map(([name, content]) => [name, content.toString()]))).to.deep.equal(
      new Map(names.map((name) => [name, name])),
    );
    await folder.close();
    expect(existsSync(path('node.json'))).to.equal(true);
    expectWhole();
  });

  it('with one byte more than a file may have are refused', async () => {
    const error = await rejection(put('large', Buffer.alloc(LARGEST_FILE + 1, 'x')));
    expect(error).to.include({ code: 'INVALID_RECORD' });
    expect(error.message).to.match(/^generic\/[0-9a-f]{2}\/large:1: '1048576 bytes' is what a file may have/);
  });

  it('that are put again as they are make no commit, and one byte else does', async () => {
    await put('a', anyBytes);
    expect(await put('a', Buffer.from(anyBytes))).to.equal(undefined);
    const other = Buffer.from(anyBytes);
    other[0] = 0xfd;
    expect(await put('a', other)).to.be.a('string');
    expect(folder.subjects().slice(0, 2)).to.deep.equal([
      'anna generic/a: template put',
      'anna generic/a: template put',
    ]);
  });

  it('are as an operator edits them, also with bytes that are no text, and while imago is stopped', async () => {
    await put('a', 'one\n');
    await eventually(() => {
      expect(readFileSync(path('a'), 'utf8')).to.equal('one\n');
    });
    write(path('a'), anyBytes);
    await eventually(() => {
      expect(records().get('a')?.equals(anyBytes)).to.equal(true);
    });
    expect(folder.subjects()[0]).to.equal('operator generic/a: edited');
    await folder.close();
    const next = Buffer.concat([everyByte, Buffer.from([0, 1])]);
    write(path('a'), next);
    write(path('new.bin'), anyBytes);
    write(join(folder.directory, 'generic/flat.tmpl'), 'flat');
    await folder.open();
    expect(records().get('a')?.equals(next)).to.equal(true);
    expect(records().get('new.bin')?.equals(anyBytes)).to.equal(true);
    expect(records().get('flat.tmpl')?.toString()).to.equal('flat');
    await folder.close();
    expect(existsSync(join(folder.directory, 'generic/flat.tmpl'))).to.equal(false);
    expect(readFileSync(path('flat.tmpl'), 'utf8')).to.equal('flat');
    expectWhole();
  });

  it('committed under a name that a shard has make room for it', async () => {
    write(join(folder.directory, 'generic/fc'), 'fc');
    await eventually(() => {
      folder.git('add', 'generic');
      folder.git('commit', '-q', '-m', 'by hand');
    });
    await eventually(() => {
      expect(existsSync(path('fc')) && readFileSync(path('fc'), 'utf8')).to.equal('fc');
    });
    const within = Array.from({ length: 5000 }, (_, number) => `n${number}`).find(
      (name) => shardOf(name) === 'fc',
    );
    await put(within ?? '', 'within');
    await folder.close();
    expect(readFileSync(join(folder.directory, 'generic/fc', within ?? ''), 'utf8')).to.equal('within');
    expectWhole();
    await folder.open();
    expect(records().get('fc')?.toString()).to.equal('fc');
  });

  it('of which a pull has another version than here are as they are there: they have no fields to take from both', async () => {
    await put('a', 'as it was\n');
    const bare = join(outside, 'bare.git');
    const work = join(outside, 'work');
    const git = (cwd: string, ...words: string[]) =>
      execFileSync('git', ['-c', 'user.name=Rita', '-c', 'user.email=rita@example.org', ...words], { cwd });
    git(outside, 'init', '-q', '--bare', '-b', 'main', bare);
    const remote = { url: bare, branch: 'main' };
    await folder.store.remote.push(remote);
    git(outside, 'clone', '-q', bare, work);
    write(join(work, place('a')), anyBytes);
    git(work, 'commit', '-q', '-am', 'reviewed');
    git(work, 'push', '-q', 'origin', 'main');
    await put('a', 'changed here\n');
    await folder.store.remote.pull(remote);
    expect(records().get('a')?.equals(anyBytes)).to.equal(true);
    expect((await records().history('a')).map(({ author, what }) => [author, what])).to.deep.equal([
      ['Rita', 'changed elsewhere'],
      ['anna', 'template put'],
      ['anna', 'template put'],
    ]);
  });

  for (const [torn, content] of [
    ['nothing', Buffer.alloc(0)],
    ['zeros at its end', Buffer.concat([Buffer.from('begi'), Buffer.alloc(8)])],
    ['the version before', Buffer.from('one\n')],
  ] as const) {
    it(`write a torn file again that holds ${torn}`, async () => {
      await put('a', 'one\n');
      await folder.close();
      const mark = folder.git('rev-parse', 'HEAD').trim();
      await folder.open();
      await put('a', anyBytes);
      await folder.close();
      writeFileSync(join(folder.directory, '.git', CHECKOUT_MARK), `${mark}\n`);
      writeFileSync(path('a'), content);
      const head = folder.git('rev-parse', 'HEAD');
      await folder.open();
      expect(records().get('a')?.equals(anyBytes)).to.equal(true);
      await folder.close();
      expect(folder.git('rev-parse', 'HEAD'), 'nothing was taken for an edit').to.equal(head);
      expect(readFileSync(path('a')).equals(anyBytes)).to.equal(true);
      expectWhole();
    });
  }
});
