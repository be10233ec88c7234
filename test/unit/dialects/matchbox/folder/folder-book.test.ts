import {
  chmodSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  truncateSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs';
import { execFileSync } from 'node:child_process';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { FolderBook } from '../../../../../src/dialects/matchbox/folder/folder-book.js';
import { InvalidValue } from '../../../../../src/errors.js';
import { InvalidRecord } from '../../../../../src/host/record-kind.js';

const by = { name: 'ci', kind: 'operator' } as const;
const aGroup = (id: string, profile = 'p') => ({ id, name: '', profile, selector: {} });

describe('a data folder of matchbox', () => {
  let folder: string;
  let found: string[];
  let now: number;
  let books: FolderBook[];

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'imago-matchbox-'));
    found = [];
    now = 0;
    books = [];
  });
  afterEach(() => {
    for (const book of books) book.close();
    rmSync(folder, { recursive: true });
  });

  const open = (more: object = {}) => {
    const book = new FolderBook({ folder, found: (fault) => found.push(fault), clock: () => now, ...more });
    books.push(book);
    return book;
  };
  const write = (path: string, text: string) => {
    mkdirSync(join(folder, path, '..'), { recursive: true });
    writeFileSync(join(folder, path), text);
  };
  const writeGroup = (name: string, more: object = {}) =>
    write(`groups/${name}.json`, JSON.stringify({ id: name, profile: 'p', ...more }));
  const idsOf = async (book: FolderBook) => (await book.groups.list()).map(({ id }) => id);
  const selected = async (book: FolderBook) => (await book.select(new Map()))?.id;

  it('that is not there holds nothing', async () => {
    const book = new FolderBook({ folder: join(folder, 'none'), found: (fault) => found.push(fault) });
    books.push(book);
    expect(await idsOf(book)).to.deep.equal([]);
    expect(await selected(book)).to.equal(undefined);
    expect(await book.profiles.get('p')).to.equal(undefined);
    expect(await book.templates.cloud.get('c')).to.equal(undefined);
    expect(await book.templates.cloud.list()).to.deep.equal([]);
    expect([found, book.faults()]).to.deep.equal([[], []]);
  });

  // Nothing watches: all files are looked at, at most every 100 ms.
  for (const { name, parts } of [
    { name: 'watched', parts: {} },
    { name: 'where nothing can watch', parts: { watchFolder: () => undefined } },
  ]) {
    describe(name, () => {
      /** From one request to the next. */
      const later = () => {
        now += 101;
      };

      it('edits hold from the next request on: a new file, one in place, one put in its place, one that goes', async () => {
        const book = open(parts);
        expect(await selected(book)).to.equal(undefined);
        writeGroup('a');
        later();
        expect(await selected(book)).to.equal('a');
        writeGroup('a', { selector: { os: 'installed' } });
        later();
        expect(await selected(book)).to.equal(undefined);
        writeFileSync(join(folder, 'groups/a.tmp'), '{"id":"renamed"}');
        renameSync(join(folder, 'groups/a.tmp'), join(folder, 'groups/a.json'));
        later();
        expect(await selected(book)).to.equal('renamed');
        unlinkSync(join(folder, 'groups/a.json'));
        later();
        expect(await selected(book)).to.equal(undefined);
        write('profiles/p.json', '{"id":"p","name":"first"}');
        later();
        expect((await book.profiles.get('p'))?.name).to.equal('first');
        write('profiles/p.json', '{"id":"p","name":"other"}');
        later();
        expect((await book.profiles.get('p'))?.name).to.equal('other');
      });

      it('another folder in its place', async () => {
        writeGroup('a');
        const book = open(parts);
        expect(await idsOf(book)).to.deep.equal(['a']);
        renameSync(join(folder, 'groups'), join(folder, 'old'));
        writeGroup('b');
        later();
        expect(await idsOf(book)).to.deep.equal(['b']);
        writeGroup('c');
        later();
        expect(await idsOf(book)).to.deep.equal(['b', 'c']);
      });

      it('a volume of Kubernetes: all files change by one link', async () => {
        const fill = (name: string, profile: string) => {
          mkdirSync(join(folder, 'groups', name), { recursive: true });
          writeFileSync(join(folder, 'groups', name, 'a.json'), JSON.stringify({ id: 'a', profile }));
        };
        fill('..1', 'one');
        fill('..2', 'two');
        symlinkSync('..1', join(folder, 'groups/..data'));
        symlinkSync('..data/a.json', join(folder, 'groups/a.json'));
        const book = open(parts);
        expect((await book.select(new Map()))?.profile).to.equal('one');
        symlinkSync('..2', join(folder, 'groups/..tmp'));
        renameSync(join(folder, 'groups/..tmp'), join(folder, 'groups/..data'));
        later();
        expect((await book.select(new Map()))?.profile).to.equal('two');
      });

      it('requests that come together see the same edit', async () => {
        const book = open(parts);
        await selected(book);
        writeGroup('a');
        later();
        expect(await Promise.all([1, 2, 3].map(async () => selected(book)))).to.deep.equal(['a', 'a', 'a']);
      });
    });
  }

  it('what no watcher told is found when all files are looked at, ten seconds later', async () => {
    writeGroup('a');
    const book = open({ watchFolder: () => ({ close: () => undefined }) });
    expect(await idsOf(book)).to.deep.equal(['a']);
    writeGroup('b');
    expect(await idsOf(book)).to.deep.equal(['a']);
    now += 10_001;
    while ((await idsOf(book)).length < 2) await new Promise(setImmediate);
    expect(await idsOf(book)).to.deep.equal(['a', 'b']);
  });

  it('only files ….json count, and no sub-folders', async () => {
    writeGroup('a');
    for (const path of [
      'groups/a.json~',
      'groups/.b.json.swp',
      'groups/README',
      'groups/sub/c.json',
      'groups/d.json/x',
    ])
      write(path, '{"id":"no"}');
    const book = open();
    expect(await idsOf(book)).to.deep.equal(['a']);
    write('cloud/sub/x', 'no');
    write('cloud/yes', 'yes');
    expect(await book.templates.cloud.list()).to.deep.equal(['yes']);
    for (const name of ['sub/x', 'sub', '../groups/a.json', '', '.', '..'])
      expect(await book.templates.cloud.get(name), name).to.equal(undefined);
  });

  it('faulty files are left out, told once, and listed with their lines until they are mended', async () => {
    writeGroup('good');
    write('groups/broken.json', '{\n"id": ');
    write('groups/mac.json', '{"id":"mac",\n"selector":{"mac":"zz"}}');
    write('profiles/p.json', '{}');
    const book = open();
    await Promise.all([idsOf(book), book.profiles.list()]);
    expect(await idsOf(book)).to.deep.equal(['good']);
    const faults = book.faults().map((fault) => fault.split(' ').slice(0, 2).join(' '));
    expect(faults).to.have.members([
      'groups/broken.json:2: \'"id":\'',
      'groups/mac.json:2: selector.mac:',
      'profiles/p.json:1: id:',
    ]);
    expect(found).to.have.members(book.faults());
    writeGroup('broken');
    writeGroup('mac');
    write('profiles/p.json', '{"id":"p"}');
    expect(await idsOf(book)).to.deep.equal(['broken', 'good', 'mac']);
    await book.profiles.list();
    expect([book.faults(), found.length]).to.deep.equal([[], 3]);
  });

  it('a group whose profile is not there is a fault, once both have been read, until it is', async () => {
    writeGroup('a');
    const book = open();
    await selected(book);
    expect(book.faults()).to.deep.equal([]);
    await book.read();
    expect(book.faults()).to.deep.equal(["group 'a' names profile 'p', which is not there"]);
    await book.profiles.put({ id: 'p', name: '', ignitionId: '', cloudId: '', genericId: '' }, by);
    expect(book.faults()).to.deep.equal([]);
    await book.read();
    expect(book.faults()).to.deep.equal([]);
    await book.profiles.delete('p', by);
    await book.read();
    expect(book.faults()).to.have.length(1);
    await book.groups.delete('a', by);
    await book.read();
    expect(book.faults()).to.deep.equal([]);
  });

  it('a file that is too large is a fault', async () => {
    writeGroup('a');
    truncateSync(join(folder, 'groups/a.json'), 1024 * 1024 + 1);
    const book = open();
    expect(await idsOf(book)).to.deep.equal([]);
    expect(book.faults()).to.deep.equal(["groups/a.json:1: '1048577 bytes' are more than 1048576"]);
    write('generic/g', '');
    truncateSync(join(folder, 'generic/g'), 1024 * 1024 + 1);
    let thrown: unknown;
    await book.templates.generic.get('g').catch((error: unknown) => (thrown = error));
    expect(thrown).to.be.instanceOf(InvalidRecord);
  });

  it('a folder that cannot be read is a fault, and what was known stays', async () => {
    writeGroup('a');
    const book = open();
    expect(await selected(book)).to.equal('a');
    rmSync(join(folder, 'groups'), { recursive: true });
    symlinkSync('groups', join(folder, 'groups'));
    await selected(book);
    expect(found).to.deep.equal(['groups: the folder cannot be read: its links lead in a circle']);
    expect(book.faults()).to.deep.equal(found);
    expect(await selected(book)).to.equal('a');
  });

  it('what is put is written as matchbox writes it, and read at once', async () => {
    const book = open();
    const metadata = '{"b":1,"a":"x"}';
    await book.groups.put({ ...aGroup('a'), selector: { MAC: '52-54-00-00-00-0A' }, metadata }, by);
    expect(readFileSync(join(folder, 'groups/a.json'), 'utf8')).to.equal(
      '{\n\t"id": "a",\n\t"profile": "p",\n\t"selector": {\n\t\t"MAC": "52:54:00:00:00:0a"\n\t},\n\t"metadata": {\n\t\t"a": "x",\n\t\t"b": 1\n\t}\n}',
    );
    expect((await book.groups.get('a'))?.metadata).to.equal('{"a":"x","b":1}');
    await book.profiles.put({ id: 'p', name: '', ignitionId: 'i.ign', cloudId: '', genericId: '' }, by);
    expect((await book.profiles.get('p'))?.ignitionId).to.equal('i.ign');
    await book.templates.ignition.put('i.ign', Buffer.from([0xff, 0]), by);
    expect(await book.templates.ignition.get('i.ign')).to.deep.equal(Buffer.from([0xff, 0]));
    expect(await book.templates.ignition.delete('i.ign', by)).to.equal(true);
    expect(await book.templates.ignition.delete('i.ign', by)).to.equal(false);
    expect(await book.groups.delete('a', by)).to.equal(true);
    expect(await book.groups.delete('a', by)).to.equal(false);
    expect(await idsOf(book)).to.deep.equal([]);
  });

  it('what is put can be read by others, as what matchbox writes can, and keeps the mode that it had', async () => {
    const before = process.umask(0o027);
    try {
      const book = open();
      const modeOf = (path: string) => (statSync(join(folder, path)).mode & 0o777).toString(8);
      await book.groups.put(aGroup('a'), by);
      await book.templates.cloud.put('c', Buffer.from('x'), by);
      expect(['groups/a.json', 'groups', 'cloud/c', 'cloud'].map(modeOf)).to.deep.equal([
        '644',
        '755',
        '644',
        '755',
      ]);
      chmodSync(join(folder, 'cloud/c'), 0o600);
      await book.templates.cloud.put('c', Buffer.from('a secret'), by);
      expect(modeOf('cloud/c')).to.equal('600');
    } finally {
      process.umask(before);
    }
  });

  const fault = async (work: Promise<unknown>): Promise<unknown> =>
    work.then(
      () => undefined,
      (error: unknown) => error,
    );

  it('what could not be read back is not put', async () => {
    const book = open();
    const large = { ...aGroup('a'), metadata: JSON.stringify({ x: 'x'.repeat(1024 * 1024) }) };
    const profile = { id: 'p', name: 'x'.repeat(1024 * 1024), ignitionId: '', cloudId: '', genericId: '' };
    for (const work of [
      book.groups.put(large, by),
      book.profiles.put(profile, by),
      book.templates.generic.put('g', Buffer.alloc(1024 * 1024 + 1), by),
    ]) {
      const thrown = await fault(work);
      expect(thrown).to.be.instanceOf(InvalidRecord);
      expect((thrown as Error).message).to.match(/^'\d+ bytes' are more than 1048576$/);
    }
    expect(readdirSync(folder)).to.deep.equal([]);
    await book.templates.generic.put('g', Buffer.alloc(1024 * 1024), by);
    expect((await book.templates.generic.get('g'))?.length).to.equal(1024 * 1024);
  });

  it('links within the folder are followed, and those out of it are at fault', async () => {
    const outside = mkdtempSync(join(tmpdir(), 'imago-outside-'));
    try {
      writeFileSync(join(outside, 'x.json'), '{"id":"x","profile":"p"}');
      for (const kind of ['groups', 'profiles', 'generic'])
        write(`${kind}/own.json`, '{"id":"own","profile":"p"}');
      for (const kind of ['groups', 'profiles', 'generic']) {
        symlinkSync(join(outside, 'x.json'), join(folder, kind, 'out.json'));
        symlinkSync('../groups/own.json', join(folder, kind, 'in.json'));
      }
      symlinkSync(outside, join(folder, 'cloud'));
      const book = open();
      expect(await idsOf(book)).to.deep.equal(['own', 'own']);
      expect((await book.profiles.list()).map(({ id }) => id)).to.deep.equal(['own', 'own']);
      expect((await book.templates.generic.get('in.json'))?.toString()).to.include('own');
      const sentence = (path: string) =>
        `${path}:1: '${path}' is or lies behind a link that leads out of the data folder, which is not followed: put what it leads to in its place`;
      expect(book.faults()).to.include.members([sentence('groups/out.json'), sentence('profiles/out.json')]);
      for (const [work, path] of [
        [book.templates.generic.get('out.json'), 'generic/out.json'],
        [book.templates.cloud.get('x.json'), 'cloud/x.json'],
        [book.templates.cloud.put('new', Buffer.from('x'), by), 'cloud'],
        [book.templates.cloud.delete('x.json', by), 'cloud'],
      ] as const)
        expect(await fault(work)).to.include({ message: sentence(path) });
      expect(readdirSync(outside)).to.deep.equal(['x.json']);
    } finally {
      rmSync(outside, { recursive: true });
    }
  });

  it('a named pipe is no file, and nobody waits for it', async () => {
    mkdirSync(join(folder, 'generic'));
    mkdirSync(join(folder, 'groups'));
    execFileSync('mkfifo', [join(folder, 'generic/pipe'), join(folder, 'groups/pipe.json')]);
    const book = open();
    expect(await book.templates.generic.get('pipe')).to.equal(undefined);
    expect(await idsOf(book)).to.deep.equal([]);
  });

  it('two puts of one group at once end with one of them whole', async () => {
    const book = open();
    await Promise.all(['x', 'y', 'z'].map(async (profile) => book.groups.put(aGroup('a', profile), by)));
    expect((await book.groups.get('a'))?.profile).to.equal('z');
  });

  for (const id of [
    'a/b',
    '..',
    '.',
    '..data',
    '.hidden',
    '-rf',
    'a\n',
    '\u001b[2J',
    'a b',
    '',
    '../x',
    'a\0',
    'x'.repeat(300),
  ]) {
    it(`no file is put under the name ${JSON.stringify(id.slice(0, 10))}`, async () => {
      const book = open();
      let thrown: unknown;
      await book.templates.generic.put(id, Buffer.from('x'), by).catch((error: unknown) => (thrown = error));
      expect(thrown).to.be.instanceOf(InvalidValue);
      expect(await fault(book.groups.put(aGroup(id), by))).to.be.instanceOf(InvalidValue);
      expect(readdirSync(folder)).to.deep.equal([]);
    });
  }
});
