import { execFileSync } from 'node:child_process';
import { mkdir, mkdtemp, rename, rm, symlink, truncate, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { toIpv4 } from '../../../src/net/ipv4.js';
import { FileRefused } from '../../../src/tftp/errors.js';
import { rootSource } from '../../../src/tftp/root-source.js';
import type { TftpFile, TftpSource } from '../../../src/tftp/source.js';

const CLIENT = toIpv4(0x0a4b0010);
const LONG_AGO = new Date('2020-01-01T00:00:00Z');

describe('the files below a folder', () => {
  let top: string;
  let root: string;
  let source: TftpSource;

  beforeEach(async () => {
    top = await mkdtemp(join(tmpdir(), 'imago-tftp-'));
    root = join(top, 'root');
    await mkdir(join(root, 'grub'), { recursive: true });
    await writeFile(join(root, 'ipxe.efi'), 'loader');
    await writeFile(join(root, 'grub', 'grub.cfg'), 'menu');
    await writeFile(join(root, 'empty'), '');
    await writeFile(join(top, 'secret'), 'secret');
    await symlink('../secret', join(root, 'out'));
    await symlink(top, join(root, 'above'));
    await symlink('ipxe.efi', join(root, 'bootx64.efi'));
    await symlink('nowhere', join(root, 'dangling'));
    await symlink('loop', join(root, 'loop'));
    await symlink('/dev/zero', join(root, 'zero'));
    execFileSync('mkfifo', [join(root, 'fifo')]);
    source = rootSource(root);
  });

  afterEach(() => rm(top, { recursive: true }));

  const open = (filename: string): Promise<TftpFile | undefined> => source.open(filename, CLIENT);
  const text = async (filename: string): Promise<string | undefined> => {
    const file = await open(filename);
    if (!file) return undefined;
    const bytes = Buffer.alloc(file.size);
    if (file.content) bytes.set(file.content);
    else file.readInto(bytes, 0);
    await file.close();
    return bytes.toString();
  };

  for (const { name, content } of [
    { name: 'ipxe.efi', content: 'loader' },
    { name: '/ipxe.efi', content: 'loader' },
    { name: './/ipxe.efi', content: 'loader' },
    { name: 'grub/grub.cfg', content: 'menu' },
    { name: '/grub//grub.cfg', content: 'menu' },
    { name: 'bootx64.efi', content: 'loader' },
    { name: 'empty', content: '' },
  ]) {
    it(`'${name}' is served`, async () => expect(await text(name)).to.equal(content));
  }

  for (const name of ['nothing', 'grub/nothing', 'ipxe.efi/x', 'dangling', '/etc/passwd', 'IPXE.EFI']) {
    it(`'${name}' is not there`, async () => expect(await open(name)).to.equal(undefined));
  }

  for (const name of [
    '../secret',
    '../../etc/passwd',
    'grub/../ipxe.efi',
    '..\\secret',
    'grub\\grub.cfg',
    'out',
    'above/secret',
    'loop',
    'zero',
    'fifo',
    'grub',
    '',
    '/',
    '.',
    'ipxe.efi\u0000.txt',
    'ipxe\n.efi',
    'a'.repeat(256),
    'a/'.repeat(4096),
  ]) {
    it(`${JSON.stringify(name).slice(0, 40)} is refused`, async () => {
      const error = await open(name).then(
        () => undefined,
        (reason: Error) => reason,
      );
      expect(error).to.be.instanceOf(FileRefused);
      expect(error!.message).to.not.include(top);
    });
  }

  describe('of which small ones are kept in memory', () => {
    const settled = async (name: string, content: string): Promise<void> => {
      const path = join(root, name);
      await writeFile(`${path}.new`, content);
      await utimes(`${path}.new`, LONG_AGO, LONG_AGO);
      await rename(`${path}.new`, path);
    };

    it('a file that was replaced is read anew, also with the old time and length', async () => {
      await settled('loader', 'first');
      expect(await text('loader')).to.equal('first');
      await settled('loader', 'other');
      expect(await text('loader')).to.equal('other');
    });

    it('a file that was changed in place is read anew', async () => {
      await writeFile(join(root, 'loader'), 'first');
      expect(await text('loader')).to.equal('first');
      await writeFile(join(root, 'loader'), 'other');
      expect(await text('loader')).to.equal('other');
    });

    it('a file that was removed is gone', async () => {
      await settled('loader', 'first');
      await text('loader');
      await rm(join(root, 'loader'));
      expect(await open('loader')).to.equal(undefined);
    });

    it('a running transfer keeps what it began with', async () => {
      await settled('loader', 'first');
      const file = await open('loader');
      await settled('loader', 'other');
      expect(Buffer.from(file!.content!).toString()).to.equal('first');
    });
  });

  describe('of which large ones are read as they are sent', () => {
    beforeEach(() => {
      source = rootSource(root, { largestFileBytes: 4 });
    });

    it('from any offset', async () => {
      const file = await open('ipxe.efi');
      expect(file!.content).to.equal(undefined);
      const bytes = Buffer.alloc(3);
      file!.readInto(bytes, 2);
      expect(bytes.toString()).to.equal('ade');
      await file!.close();
    });

    it('and it shows when one became shorter meanwhile', async () => {
      const file = await open('ipxe.efi');
      await truncate(join(root, 'ipxe.efi'), 2);
      expect(() => file!.readInto(Buffer.alloc(3), 2)).to.throw(/changed during the transfer/);
      await file!.close();
    });
  });

  it('has nothing when the folder itself is missing', async () => {
    expect(await rootSource(join(top, 'missing')).open('x', CLIENT)).to.equal(undefined);
  });
});
