import { expect } from 'chai';
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DamagedArchive, FolderArchive, extractArchive } from '../../../src/store/tar.js';

const files: Readonly<Record<string, string>> = {
  '.git/HEAD': 'ref: refs/heads/main\n',
  '.git/empty': '',
  '.git/objects/pack/block.pack': 'x'.repeat(512),
  '.git/objects/pack/large.pack': 'abc'.repeat(500_000),
};

describe('an archive of a cluster folder', () => {
  let folder: string;
  let file: string;
  beforeEach(async () => {
    folder = mkdtempSync(join(tmpdir(), 'imago-tar-'));
    for (const [name, content] of Object.entries(files)) {
      mkdirSync(join(folder, 'in', name, '..'), { recursive: true });
      writeFileSync(join(folder, 'in', name), content);
    }
    file = join(folder, 'a.tar');
    const archive = new FolderArchive(join(folder, 'in'), 'rack1', new Date('2026-11-21T03:00:00Z'));
    const chunks: Buffer[] = [];
    for await (const chunk of archive.content()) chunks.push(chunk);
    writeFileSync(file, Buffer.concat(chunks));
    expect(archive.bytes, 'its length is known beforehand').to.equal(readFileSync(file).length);
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  const filesIn = (place: string) =>
    Object.fromEntries(Object.keys(files).map((name) => [name, readFileSync(join(place, name), 'utf8')]));

  it('is one that tar takes', () => {
    execFileSync('tar', ['-xf', file, '-C', folder]);
    expect(filesIn(join(folder, 'rack1'))).to.deep.equal(files);
  });

  it('is written out again as it was', () => {
    extractArchive(file, join(folder, 'out'));
    expect(filesIn(join(folder, 'out'))).to.deep.equal(files);
  });

  it('may come from tar as well', () => {
    execFileSync('tar', ['--format=ustar', '-cf', file, '-C', folder, 'in']);
    extractArchive(file, join(folder, 'out'));
    expect(filesIn(join(folder, 'out'))).to.deep.equal(files);
  });

  const spoiled: { name: string; spoil: (bytes: Buffer) => Buffer; says: string }[] = [
    { name: 'cut off in a file', spoil: (bytes) => bytes.subarray(0, 900_000), says: 'it ends too early' },
    { name: 'cut off at a block', spoil: (bytes) => bytes.subarray(0, -1024), says: 'it ends too early' },
    { name: 'empty', spoil: () => Buffer.alloc(0), says: 'it ends too early' },
    { name: 'of something else', spoil: () => Buffer.alloc(2048, 'x'), says: 'a header is damaged' },
    {
      name: 'changed in a header',
      spoil: (bytes) => (bytes.write('9', 130), bytes),
      says: 'a header is damaged',
    },
  ];
  for (const { name, spoil, says } of spoiled) {
    it(`is refused when it is ${name}`, () => {
      writeFileSync(file, spoil(readFileSync(file)));
      expect(() => extractArchive(file, join(folder, 'out'))).to.throw(says);
    });
  }

  for (const { size, says } of [
    { size: '77777777777', says: 'it ends too early' },
    { size: 'zzz', says: 'a header names no length' },
    { size: '-0000000400', says: 'a header names no length' },
    { size: '', says: 'a header names no length' },
  ]) {
    it(`is refused when a file has the length '${size}'`, () => {
      const bytes = readFileSync(file);
      const at = bytes.indexOf('rack1/.git/HEAD');
      const header = bytes.subarray(at, at + 512);
      header.fill(0, 124, 136).write(size, 124);
      const sum = header.fill(' ', 148, 156).reduce((all, byte) => all + byte, 0);
      header.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148);
      writeFileSync(file, bytes);
      expect(() => extractArchive(file, join(folder, 'out'))).to.throw(DamagedArchive, says);
    });
  }

  for (const words of [
    ['--transform', 's,in/.git/HEAD,in/../../evil,', 'in'],
    ['--transform', 's,in/.git/HEAD,/evil,', 'in'],
  ]) {
    it(`is refused when it leads elsewhere: ${words[1]}`, () => {
      execFileSync('tar', ['-P', '--format=ustar', '-cf', file, '-C', folder, ...words]);
      expect(() => extractArchive(file, join(folder, 'out'))).to.throw('what imago never writes');
      expect(readdirSync(folder)).not.to.include('evil');
    });
  }

  it('is refused when it holds a link', () => {
    execFileSync('ln', ['-s', '/etc', join(folder, 'in', 'link')]);
    execFileSync('tar', ['--format=ustar', '-cf', file, '-C', folder, 'in']);
    expect(() => extractArchive(file, join(folder, 'out'))).to.throw('what imago never writes');
  });

  describe('with odd members', () => {
    type Member = Partial<Record<'name' | 'type' | 'size' | 'prefix' | 'link', string>>;
    /** A ustar archive, each member with a sound checksum whatever it says. */
    const archive = (members: readonly Member[]) => {
      const blocks = members.flatMap(
        ({ name = '', type = '0', size = '00000000001', prefix = '', link = '' }) => {
          const header = Buffer.alloc(512);
          header.write(name, 0);
          header.write('0006777', 100);
          header.write(size, 124);
          header.write(type, 156);
          header.write(link, 157);
          header.write('ustar\u000000', 257);
          header.write(prefix, 345);
          const sum = header.fill(' ', 148, 156).reduce((all, byte) => all + byte, 0);
          header.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148);
          return Number.parseInt(size, 8) === 0 ? [header] : [header, Buffer.alloc(512, 'x')];
        },
      );
      writeFileSync(file, Buffer.concat([...blocks, Buffer.alloc(1024)]));
    };
    const empty = '00000000000';
    const odd: readonly { name: string; members: readonly Member[]; says: string }[] = [
      { name: 'an absolute name', members: [{ name: '/etc/evil' }], says: 'never writes' },
      { name: 'a climbing name', members: [{ name: 'a/../../evil' }], says: 'never writes' },
      { name: 'a name of dots', members: [{ name: 'a/./b' }], says: 'never writes' },
      { name: 'a name with a backslash', members: [{ name: 'a/b\\c' }], says: 'never writes' },
      { name: 'a name with a line break', members: [{ name: 'a/b\nc' }], says: 'never writes' },
      {
        name: 'a name that climbs in its prefix',
        members: [{ name: 'a/b', prefix: '../..' }],
        says: 'never writes',
      },
      { name: 'no name', members: [{ name: '' }], says: 'never writes' },
      {
        name: 'a hard link',
        members: [{ name: 'a/b', type: '1', link: '/etc/shadow' }],
        says: 'never writes',
      },
      {
        name: 'a symbolic link',
        members: [{ name: 'a/b', type: '2', link: '/etc', size: empty }],
        says: 'never writes',
      },
      {
        name: 'a character device',
        members: [{ name: 'a/b', type: '3', size: empty }],
        says: 'never writes',
      },
      { name: 'a block device', members: [{ name: 'a/b', type: '4', size: empty }], says: 'never writes' },
      { name: 'a pipe', members: [{ name: 'a/b', type: '6', size: empty }], says: 'never writes' },
      { name: 'a pax header', members: [{ name: 'a/b', type: 'x' }], says: 'never writes' },
      { name: 'a long name of GNU', members: [{ name: '././@LongLink', type: 'L' }], says: 'never writes' },
      { name: 'a sparse file of GNU', members: [{ name: 'a/b', type: 'S' }], says: 'never writes' },
      { name: 'a folder with content', members: [{ name: 'a/b/', type: '5' }], says: 'never writes' },
      {
        name: 'a file of 8 GiB in 2 kB',
        members: [{ name: 'a/b', size: '77777777777' }],
        says: 'ends too early',
      },
      { name: 'a size in base 256', members: [{ name: 'a/b', size: '\u0080' }], says: 'names no length' },
      { name: 'one name twice', members: [{ name: 'a/b' }, { name: 'a/b' }], says: 'a/b twice' },
      { name: 'a file below a file', members: [{ name: 'a/b' }, { name: 'a/b/c' }], says: 'a/b/c twice' },
      {
        name: 'a file in the place of a folder',
        members: [{ name: 'a/b/', type: '5', size: empty }, { name: 'a/b' }],
        says: 'a/b twice',
      },
      {
        name: 'a folder in the place of a file',
        members: [{ name: 'a/b' }, { name: 'a/b/', type: '5', size: empty }],
        says: 'a/b/ twice',
      },
      { name: 'two folders', members: [{ name: 'a/b' }, { name: 'c/d' }], says: 'more than one folder' },
      { name: 'a file of no folder', members: [{ name: 'evil' }], says: 'more than one folder' },
    ];
    for (const { name, members, says } of odd) {
      it(`is refused for ${name}, and writes nowhere else`, () => {
        archive(members);
        const before = readdirSync(folder).sort();
        expect(() => extractArchive(file, join(folder, 'out'))).to.throw(DamagedArchive, says);
        expect(
          readdirSync(folder)
            .filter((each) => each !== 'out')
            .sort(),
        ).to.deep.equal(before);
      });
    }

    it('gives its files no rights of their own', () => {
      archive([{ name: 'a/b' }]);
      extractArchive(file, join(folder, 'out'));
      expect(statSync(join(folder, 'out/b')).mode & 0o7777).to.equal(0o644);
    });
  });
});
