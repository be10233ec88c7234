import { expect } from 'chai';
import { checkIgnition } from '../../../src/template/ignition-check.js';

const file = (more: object) => ({ storage: { files: [{ path: '/a', ...more }] } });
const disk = (...partitions: object[]) => ({ storage: { disks: [{ device: '/dev/a', partitions }] } });
const luks = (more: object) => ({ storage: { luks: [{ name: 'a', device: '/dev/a', ...more }] } });

function told(section: object): string[] {
  const ignition = { ...('ignition' in section && (section.ignition as object)), version: '3.3.0' };
  return checkIgnition({ ...section, ignition }).faults.map(
    ({ path, reason }) => `${path.join('.')} ${reason}`,
  );
}

describe('what Ignition asks of fields together', () => {
  for (const { section, want } of [
    {
      section: file({ overwrite: true }),
      want: 'storage.files.0.overwrite is true, and there are no contents: write them, or leave overwrite out',
    },
    {
      section: { storage: { links: [{ path: '/a', target: '/t' }], files: [{ path: '/a/b/c' }] } },
      want: "storage.files.0.path leads through '/a', which is a link here",
    },
    {
      section: file({ path: '/a//b' }),
      want: "storage.files.0.path '/a//b' is not the shortest way to say it: leave out //, /./, /../ and a last /",
    },
    {
      section: file({ contents: { source: 'data:,100%' } }),
      want: "storage.files.0.contents.source has '%' in its data: write other than letters and digits as %20",
    },
    {
      section: file({ append: [{ source: 'data:,é' }] }),
      want: "storage.files.0.append.0.source has '%C3%A9' in its data: write other than letters and digits as %20",
    },
    {
      section: file({ contents: { source: 'data:;base64,YQ' } }),
      want: 'storage.files.0.contents.source has data that are no base64',
    },
    {
      section: file({ contents: { source: 'data:x' } }),
      want: 'storage.files.0.contents.source is a data: URL without the comma before its data',
    },
    {
      section: file({ contents: { source: 'data:,x', httpHeaders: [{ name: 'A', value: 'b' }] } }),
      want: 'storage.files.0.contents.httpHeaders are of http and https alone',
    },
    {
      section: file({ contents: { source: 'http://h/', httpHeaders: [{ name: '', value: 'b' }] } }),
      want: 'storage.files.0.contents.httpHeaders.0.name is empty',
    },
    {
      section: file({ contents: { source: 'http://h/', httpHeaders: [{ name: 'A' }, { name: 'A' }] } }),
      want: "storage.files.0.contents.httpHeaders.1.name 'A' stands here a second time",
    },
    {
      section: { ignition: { config: { merge: [{}] } } },
      want: 'ignition.config.merge.0.source is missing: write the URL of what is fetched',
    },
    {
      section: { ignition: { proxy: { httpsProxy: 'proxy:3128' } } },
      want: "ignition.proxy.httpsProxy 'proxy:3128' is not the URL of a proxy: http or https",
    },
    {
      section: disk({ sizeMiB: 1 }),
      want: 'storage.disks.0.partitions.0 has no number and no label: write one',
    },
    {
      section: disk({ number: 2 }, { number: 2 }),
      want: "storage.disks.0.partitions.1.number '2' is of another partition too",
    },
    {
      section: disk({ number: 1, startMiB: 50, sizeMiB: 10 }, { number: 2, startMiB: 1, sizeMiB: 50 }),
      want: 'storage.disks.0.partitions.0 begins within another partition',
    },
    {
      section: disk({ number: 1, shouldExist: false, sizeMiB: 0 }),
      want: 'storage.disks.0.partitions.0.shouldExist is false, and the partition is described: leave all but its number out',
    },
    {
      section: disk({ label: 'a' }, { number: 1, shouldExist: false }),
      want: 'storage.disks.0.partitions.1.shouldExist cannot be false beside partitions without a number: number all of the disk',
    },
    {
      section: disk({ number: 1, typeGuid: 'linux' }),
      want: "storage.disks.0.partitions.0.typeGuid 'linux' is not a GUID, as in 0FC63DAF-8483-4772-8E79-3D69D8477DE4",
    },
    {
      section: { storage: { filesystems: [{ device: '/dev/a', path: '/a' }] } },
      want: 'storage.filesystems.0.format is missing: nothing can be said of a file system without it',
    },
    {
      section: { storage: { filesystems: [{ device: '/dev/a', format: 'vfat', label: 'x'.repeat(12) }] } },
      want: "storage.filesystems.0.label 'xxxxxxxxxxxx' is longer than vfat takes: 11 bytes",
    },
    {
      section: { storage: { raid: [{ name: 'a', level: 'raid7', devices: ['/dev/a'] }] } },
      want: "storage.raid.0.level 'raid7' is not a level of RAID, as in raid1",
    },
    {
      section: { storage: { raid: [{ name: 'a', level: 'stripe', spares: 1, devices: ['/dev/a'] }] } },
      want: 'storage.raid.0.spares are not in an array of level stripe',
    },
    {
      section: { storage: { raid: [{ name: 'a', level: 'raid1' }] } },
      want: 'storage.raid.0.devices is missing: name the devices of the array',
    },
    {
      section: luks({ device: undefined }),
      want: 'storage.luks.0.device is missing: name the device that is encrypted',
    },
    { section: luks({ name: 'a/b' }), want: "storage.luks.0.name 'a/b' has a slash" },
    {
      section: luks({ clevis: { custom: { pin: 'yubikey', config: '{}' } } }),
      want: "storage.luks.0.clevis.custom.pin 'yubikey' is not a pin of Clevis: tpm2, tang, sss",
    },
    {
      section: luks({ clevis: { tpm2: true, custom: { pin: 'sss', config: '{}' } } }),
      want: 'storage.luks.0.clevis.custom cannot stand beside tang, tpm2 and threshold: write one of them',
    },
    {
      section: { kernelArguments: { shouldExist: ['a'], shouldNotExist: ['b', 'a'] } },
      want: "kernelArguments.shouldNotExist.1 'a' stands here a second time: Ignition takes each once",
    },
  ]) {
    it(want, () => {
      expect(told(section)).to.deep.equal([want]);
    });
  }

  for (const [name, section] of Object.entries({
    'an empty file that is written over': file({ overwrite: true, contents: { source: '' } }),
    'a path beside a link': {
      storage: { links: [{ path: '/a', target: '/t' }], files: [{ path: '/ab' }, { path: '/b/a/c' }] },
    },
    'the root': { storage: { directories: [{ path: '/' }] } },
    'data of every kind': file({
      append: [{ source: 'data:text/plain;charset=utf-8,%20-_.!~*' }, { source: 'data:;base64,' }],
    }),
    'partitions side by side': disk(
      { number: 1, startMiB: 51, sizeMiB: 0 },
      { number: 2, startMiB: 1, sizeMiB: 50 },
      { number: 0, label: 'a', startMiB: 0, sizeMiB: 10 },
      { number: 0, label: 'b' },
    ),
    'a file system that is only named': { storage: { filesystems: [{ device: '/dev/a' }] } },
  })) {
    it(`takes ${name}`, () => {
      expect(told(section)).to.deep.equal([]);
    });
  }
});
