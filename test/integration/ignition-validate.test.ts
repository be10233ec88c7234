import { execFileSync } from 'node:child_process';
import { expect } from 'chai';
import { TemplateFault } from '../../src/template/template-fault.js';
import { toIgnition } from '../../src/template/ignition.js';

const sha256 = `sha256-${'0'.repeat(64)}`;

/** Sections of a configuration of which the verdict depends on the version, or on what else there is. */
const sections: Readonly<Record<string, object>> = {
  nothing: {},
  'a SHA-256': {
    storage: { files: [{ path: '/a', contents: { source: 'http://h/x', verification: { hash: sha256 } } }] },
  },
  'a source gs:': { storage: { files: [{ path: '/a', contents: { source: 'gs://b/k' } }] } },
  'a source arn:': { storage: { files: [{ path: '/a', contents: { source: 'arn:aws:s3:::b/k' } }] } },
  'an empty version of an object': {
    storage: { files: [{ path: '/a', contents: { source: 's3://b/k?versionId=' } }] },
  },
  'the file system none': { storage: { filesystems: [{ device: '/dev/a', format: 'none' }] } },
  'a file system twice': {
    storage: {
      filesystems: [
        { device: '/dev/a', format: 'ext4' },
        { device: '/dev/a', format: 'xfs' },
      ],
    },
  },
  'a disk twice': { storage: { disks: [{ device: '/dev/a' }, { device: '/dev/a' }] } },
  'a RAID twice': {
    storage: {
      raid: [
        { name: 'a', level: 'raid1', devices: ['/dev/a'] },
        { name: 'a', level: 'raid1', devices: ['/dev/b'] },
      ],
    },
  },
  'a drop-in twice': {
    systemd: {
      units: [
        {
          name: 'a.service',
          dropins: [
            { name: 'a.conf', contents: '[Unit]' },
            { name: 'a.conf', contents: '[Unit]' },
          ],
        },
      ],
    },
  },
  'an authority twice': {
    ignition: {
      security: { tls: { certificateAuthorities: [{ source: 'data:,a' }, { source: 'data:,a' }] } },
    },
  },
  'a Tang server twice': {
    storage: {
      luks: [
        {
          name: 'a',
          device: '/dev/a',
          clevis: {
            tang: [
              { url: 'http://t', thumbprint: 'x' },
              { url: 'http://t', thumbprint: 'y' },
            ],
          },
        },
      ],
    },
  },
  'a Tang server without a thumbprint': {
    storage: { luks: [{ name: 'a', device: '/dev/a', clevis: { tang: [{ url: 'http://t' }] } }] },
  },
  'a Tang server by ftp': {
    storage: {
      luks: [{ name: 'a', device: '/dev/a', clevis: { tang: [{ url: 'ftp://t', thumbprint: 'x' }] } }],
    },
  },
  'overwrite without contents': { storage: { files: [{ path: '/a', overwrite: true }] } },
  'a path with a slash at its end': { storage: { files: [{ path: '/a/' }] } },
  'a path through a link': {
    storage: { links: [{ path: '/a', target: '/b' }], files: [{ path: '/a/b/c' }] },
  },
  'a path beside a link': {
    storage: { links: [{ path: '/a', target: '/b' }], files: [{ path: '/ab/c' }] },
  },
  'a hash of nothing': {
    storage: { files: [{ path: '/a', contents: { verification: { hash: `sha512-${'0'.repeat(128)}` } } }] },
  },
  'a % that is no escape': { storage: { files: [{ path: '/a', contents: { source: 'data:,%zz' } }] } },
  'base64 that is none': { storage: { files: [{ path: '/a', contents: { source: 'data:;base64,YQ' } }] } },
  'data without a comma': { storage: { files: [{ path: '/a', contents: { source: 'data:a' } }] } },
  'data: in capitals': { storage: { files: [{ path: '/a', contents: { source: 'DATA:,a' } }] } },
  'a config without a source': { ignition: { config: { merge: [{}] } } },
  'an authority without a source': { ignition: { security: { tls: { certificateAuthorities: [{}] } } } },
  'a partition without number and label': {
    storage: { disks: [{ device: '/dev/a', partitions: [{ sizeMiB: 1 }] }] },
  },
  'a partition of a number twice': {
    storage: { disks: [{ device: '/dev/a', partitions: [{ number: 1 }, { number: 1 }] }] },
  },
  'a partition of a label twice': {
    storage: { disks: [{ device: '/dev/a', partitions: [{ label: 'a' }, { label: 'a' }] }] },
  },
  'partitions one over the other': {
    storage: {
      disks: [
        {
          device: '/dev/a',
          partitions: [
            { number: 1, startMiB: 50, sizeMiB: 100 },
            { number: 2, startMiB: 1, sizeMiB: 50 },
          ],
        },
      ],
    },
  },
  'partitions side by side': {
    storage: {
      disks: [
        {
          device: '/dev/a',
          partitions: [
            { number: 1, startMiB: 51, sizeMiB: 0 },
            { number: 2, startMiB: 1, sizeMiB: 50 },
            { number: 3, startMiB: 0, sizeMiB: 10 },
          ],
        },
      ],
    },
  },
  'a partition that is removed and described': {
    storage: { disks: [{ device: '/dev/a', partitions: [{ number: 1, label: 'a', shouldExist: false }] }] },
  },
  'a partition removed beside one without a number': {
    storage: {
      disks: [{ device: '/dev/a', partitions: [{ number: 1, shouldExist: false }, { label: 'a' }] }],
    },
  },
  'a GUID that is none': {
    storage: { disks: [{ device: '/dev/a', partitions: [{ number: 1, guid: 'x' }] }] },
  },
  'a file system of no format': { storage: { filesystems: [{ device: '/dev/a', path: '/a' }] } },
  'a label that is too long': {
    storage: { filesystems: [{ device: '/dev/a', format: 'xfs', label: 'ää'.repeat(4) }] },
  },
  'a level of RAID that is none': { storage: { raid: [{ name: 'a', level: 'raid7', devices: ['/dev/a'] }] } },
  'RAID without devices': { storage: { raid: [{ name: 'a', level: 'raid1', devices: [] }] } },
  'a spare for RAID 0': {
    storage: { raid: [{ name: 'a', level: 'raid0', spares: 1, devices: ['/dev/a'] }] },
  },
  'LUKS without a device': { storage: { luks: [{ name: 'a' }] } },
  'a slash in the name of a LUKS device': { storage: { luks: [{ name: 'a/b', device: '/dev/a' }] } },
  'a pin of Clevis that is none': {
    storage: { luks: [{ name: 'a', device: '/dev/a', clevis: { custom: { pin: 'x', config: '{}' } } }] },
  },
  'a pin of Clevis beside another': {
    storage: {
      luks: [{ name: 'a', device: '/dev/a', clevis: { tpm2: true, custom: { pin: 'sss', config: '{}' } } }],
    },
  },
  'a kernel argument twice': { kernelArguments: { shouldExist: ['a'], shouldNotExist: ['a'] } },
  'a group twice': { passwd: { users: [{ name: 'a', groups: ['g', 'g'] }] } },
  'a LUKS device twice': {
    storage: {
      luks: [
        { name: 'a', device: '/dev/a' },
        { name: 'a', device: '/dev/b' },
      ],
    },
  },
};

/** Debian's ignition 2.14 knows 3.0.0 to 3.3.0. */
const known = ['3.0.0', '3.1.0', '3.2.0', '3.3.0'];

describe('M3: imago and ignition-validate', () => {
  for (const [name, section] of Object.entries(sections)) {
    it(`say the same of ${name}, in each version`, () => {
      const verdicts = known.map((version) => {
        const ignition = { ...('ignition' in section && (section.ignition as object)), version };
        const config = JSON.stringify({ ...section, ignition });
        return { version, imago: imagoTakes(config), theirs: ignitionTakes(config) };
      });
      expect(verdicts.map(({ version, imago }) => ({ version, taken: imago }))).to.deep.equal(
        verdicts.map(({ version, theirs }) => ({ version, taken: theirs })),
      );
    });
  }
});

function imagoTakes(config: string): boolean {
  try {
    toIgnition(config, 'i.yaml');
    return true;
  } catch (error) {
    if (error instanceof TemplateFault) return false;
    throw error;
  }
}

/** A key that it does not know is a warning only, and means that the machine would not get it. */
function ignitionTakes(config: string): boolean {
  try {
    const said = execFileSync('sh', ['-c', 'exec ignition-validate - 2>&1'], { input: config }).toString();
    return !said.includes('Unused key');
  } catch (error) {
    if (error instanceof Error && 'status' in error && error.status === 1) return false;
    throw error;
  }
}
