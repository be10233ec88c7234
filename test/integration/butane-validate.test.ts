import { spawnSync } from 'node:child_process';
import { expect } from 'chai';
import { serveIgnition } from '../../src/dialects/matchbox/butane/serve-ignition.js';
import { translateButane } from '../../src/dialects/matchbox/butane/translate-butane.js';
import { TemplateFault } from '../../src/template/template-fault.js';
import { butaneExamples } from '../unit/dialects/matchbox/butane/butane-examples.js';
import { goFixtures } from '../unit/dialects/matchbox/butane/go-fixtures.js';

/** Debian's ignition 2.14 knows 3.0.0 to 3.3.0. */
const isKnown = (ignition: string) => /"version":"3\.[0-3]\.0"/.test(ignition);

function said(ignition: string): { status: number | null; said: string } {
  const { status, stdout, stderr } = spawnSync('ignition-validate', ['-'], {
    input: ignition,
    encoding: 'utf8',
  });
  return { status, said: stdout + stderr };
}

/** Sections of a Butane config, and the Ignition that says the same word for word. */
const sections: readonly { readonly name: string; readonly butane: object; readonly ignition?: object }[] = [
  {
    name: 'a key with an end of line',
    ...user({ ssh_authorized_keys: ['key\n'] }, { sshAuthorizedKeys: ['key\n'] }),
  },
  { name: 'an empty key', ...user({ ssh_authorized_keys: [''] }, { sshAuthorizedKeys: [''] }) },
  { name: 'a home that is no path', ...user({ home_dir: 'home' }, { homeDir: 'home' }) },
  { name: 'a user without a name', ...user({ name: '' }, { name: '' }) },
  { name: 'a negative id', butane: file({ user: { id: -1 } }) },
  { name: 'a path that is none', butane: file({ path: 'a' }) },
  { name: 'no path', butane: { storage: { files: [{}] } } },
  { name: 'a path twice', butane: { storage: { files: [{ path: '/a' }, { path: '/a' }] } } },
  { name: 'an id and a name', butane: file({ user: { id: 1, name: 'a' } }) },
  { name: 'setuid', butane: file({ mode: 0o4755 }) },
  { name: 'a mode that is none', butane: file({ mode: 0o10000 }) },
  { name: 'a blank in a URL', butane: file({ contents: { source: 'http://h/a b' } }) },
  { name: 'a scheme in capitals', butane: file({ contents: { source: 'HTTP://h/a' } }) },
  { name: 'a scheme that is none', butane: file({ contents: { source: 'ftp://h/a' } }) },
  {
    name: 'a compression that is none',
    butane: file({ contents: { source: 'data:,a', compression: 'xz' } }),
  },
  { name: 'a hash in capitals', butane: hashed(`sha512-${'A'.repeat(128)}`) },
  { name: 'a hash that is too short', butane: hashed('sha512-aa') },
  { name: 'a file system without a path', butane: filesystem({ path: '' }) },
  { name: 'a file system that is none', butane: filesystem({ format: 'zfs' }) },
  { name: 'a disk that is no path', butane: { storage: { disks: [{ device: 'sda' }] } } },
  { name: 'a blank in the name of a unit', butane: unit({ name: 'a b.service' }) },
  { name: 'a plus in the name of a unit', butane: unit({ name: 'a+b.service' }) },
  { name: 'no kind of unit', butane: unit({ name: 'a.thing' }) },
  { name: 'a drop-in that is none', butane: unit({ dropins: [{ name: 'a' }] }) },
  { name: 'a slash in the name of a drop-in', butane: unit({ dropins: [{ name: 'a/b.conf' }] }) },
  { name: 'an unknown key', butane: file({ content: 'a' }) },
  {
    name: 'contents that are no text',
    butane: file({ contents: { inline: 'é\u0001' } }),
    ignition: file({}),
  },
  {
    name: 'a unit for a mount',
    butane: filesystem({ path: '/a', with_mount_unit: true }),
    ignition: filesystem({ path: '/a' }),
  },
];

function file(more: object) {
  return { storage: { files: [{ path: '/a', ...more }] } };
}

function hashed(hash: string) {
  return file({ contents: { source: 'data:,a', verification: { hash } } });
}

function filesystem(more: object) {
  return { storage: { filesystems: [{ device: '/dev/a', format: 'ext4', ...more }] } };
}

function unit(more: object) {
  return { systemd: { units: [{ name: 'a.service', ...more }] } };
}

function user(butane: object, ignition: object) {
  const withUser = (more: object) => ({ passwd: { users: [{ name: 'core', ...more }] } });
  return { butane: withUser(butane), ignition: withUser(ignition) };
}

describe('Ignition and what is made of a Butane config', () => {
  for (const { name, butane } of butaneExamples) {
    const { ignition } = translateButane(butane, 'node.yaml');
    if (!isKnown(ignition)) continue;
    it(`agree on ${name}, without a warning`, () => {
      expect(said(ignition)).to.deep.equal({ status: 0, said: '' });
    });
  }

  for (const { name, butane, ignition = butane } of sections) {
    it(`agree on ${name}`, () => {
      const made = madeOf(JSON.stringify({ variant: 'flatcar', version: '1.0.0', ...butane }));
      const raw = said(JSON.stringify({ ignition: { version: '3.3.0' }, ...ignition }));
      expect({ taken: made !== undefined }).to.deep.equal({ taken: raw.status === 0 });
      if (made !== undefined) expect(said(made)).to.deep.include({ status: 0 });
    });
  }

  it('agree on every file that is served', () => {
    for (const { name, config } of goFixtures.served) {
      // Brought back to a version that this Ignition reads.
      const served = serveIgnition(config, 'node.ign').ignition.replace('"3.4.0"', '"3.3.0"');
      expect({ name, ...said(served) }).to.deep.include({ name, status: 0 });
      expect(said(served).said).to.not.contain('Unused key');
    }
  });
});

function madeOf(butane: string): string | undefined {
  try {
    return translateButane(butane, 'node.yaml').ignition;
  } catch (error) {
    if (error instanceof TemplateFault) return undefined;
    throw error;
  }
}
