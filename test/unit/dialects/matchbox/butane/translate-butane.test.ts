import { expect } from 'chai';
import { escapeUnitPath } from '../../../../../src/dialects/matchbox/butane/mount-units.js';
import { serveIgnition } from '../../../../../src/dialects/matchbox/butane/serve-ignition.js';
import { translateButane } from '../../../../../src/dialects/matchbox/butane/translate-butane.js';
import { TemplateFault } from '../../../../../src/template/template-fault.js';
import { goFixtures } from './go-fixtures.js';
import { butaneExamples } from './butane-examples.js';

const translate = (text: string) => translateButane(text, 'node.yaml');
/** The part of the configuration that a section of Butane makes. */
const sectionOf = (body: string, header = 'variant: flatcar\nversion: 1.1.0') =>
  JSON.parse(translate(`${header}\n${body}`).ignition) as Record<string, any>; // oxlint-disable-line no-explicit-any -- looked into by paths

function faultOf(text: string): TemplateFault {
  try {
    translate(text);
  } catch (error) {
    if (error instanceof TemplateFault) return error;
    throw error;
  }
  throw new Error('it was translated');
}

describe('a Butane config', () => {
  for (const { name, butane, ignition } of butaneExamples) {
    it(`makes ${name}`, () => {
      const { ignition: made, warnings } = translate(butane);
      expect(JSON.parse(made)).to.deep.equal(ignition);
      expect(warnings).to.deep.equal([]);
    });
  }

  // Both are written down in the tests of matchbox itself.
  it('is served byte for byte as by matchbox', () => {
    const { ignition } = translate(
      'variant: flatcar\nversion: 1.1.0\nsystemd:\n  units:\n    - name: a1b2c3d4.service\n      enabled: true\n      contents: 10.2.0.0/16\n    - name: some-param.service\n      enabled: true\n      contents: foo=some-param&bar=b\n',
    );
    expect(serveIgnition(ignition, 'node.yaml').ignition).to.equal(
      '{"ignition":{"config":{"replace":{"verification":{}}},"proxy":{},"security":{"tls":{}},"timeouts":{},"version":"3.4.0"},"kernelArguments":{},"passwd":{},"storage":{},"systemd":{"units":[{"contents":"10.2.0.0/16","enabled":true,"name":"a1b2c3d4.service"},{"contents":"foo=some-param\\u0026bar=b","enabled":true,"name":"some-param.service"}]}}',
    );
  });

  it('is written in the order of Go, without what is empty', () => {
    const { ignition } = translate(
      'variant: flatcar\nversion: 1.0.0\nstorage:\n  files:\n    - mode: 0600\n      path: /a\n      contents: { inline: x }\n      user: {}\n      append: []\npasswd:\n',
    );
    expect(ignition).to.equal(
      '{"ignition":{"version":"3.3.0"},"storage":{"files":[{"path":"/a","contents":{"compression":"","source":"data:,x"},"mode":384}]}}',
    );
  });

  for (const [variant, versions] of Object.entries({
    flatcar: { '1.0.0': '3.3.0', '1.1.0': '3.4.0' },
    fcos: {
      '1.0.0': '3.0.0',
      '1.1.0': '3.1.0',
      '1.2.0': '3.2.0',
      '1.3.0': '3.2.0',
      '1.4.0': '3.3.0',
      '1.5.0': '3.4.0',
      '1.6.0': '3.5.0',
    },
  })) {
    for (const [version, made] of Object.entries(versions)) {
      it(`of ${variant} ${version} makes Ignition ${made}`, () => {
        expect(translate(`variant: ${variant}\nversion: ${version}`).ignition).to.equal(
          `{"ignition":{"version":"${made}"}}`,
        );
      });
    }
  }

  describe('reads scalars as Go does', () => {
    for (const [written, want] of [
      ['0644', 420],
      ['420', 420],
      ['0o644', 420],
      ['0x1a4', 420],
      ['0b11', 3],
      ['0', 0],
      ['1_000', 1000],
    ] as const) {
      it(`the number ${written}`, () => {
        const { passwd } = sectionOf(`passwd: { users: [{ name: a, uid: ${written} }] }`);
        expect(passwd.users[0].uid).to.equal(want);
      });
    }

    for (const [written, want] of [
      ['true', true],
      ['TRUE', true],
      ['yes', true],
      ['on', true],
      ['y', true],
      ['False', false],
      ['no', false],
      ['off', false],
      ['n', false],
      ["'no'", false],
    ] as const) {
      it(`the flag ${written}`, () => {
        const { systemd } = sectionOf(`systemd: { units: [{ name: a.service, enabled: ${written} }] }`);
        expect(systemd.units[0].enabled).to.equal(want);
      });
    }

    for (const [written, want] of [
      ['10.20', '10.20'],
      ['0644', '0644'],
      ['yes', 'yes'],
      ["''", ''],
      ["'~'", '~'],
      ['2001-12-14', '2001-12-14'],
    ] as const) {
      it(`the text ${written}`, () => {
        const { passwd } = sectionOf(`passwd: { users: [{ name: a, gecos: ${written} }] }`);
        expect(passwd.users[0].gecos).to.equal(want);
      });
    }

    for (const written of ['', '~', 'null', 'Null']) {
      it(`nothing, as in '${written}'`, () => {
        const { passwd } = sectionOf(
          `passwd:\n  users:\n    - name: a\n      uid: ${written}\n      groups: ${written}\n`,
        );
        expect(passwd.users).to.deep.equal([{ name: 'a' }]);
      });
    }

    it('anchors, aliases and merged tables', () => {
      const { storage } = sectionOf(
        'storage:\n  files:\n    - &a\n      path: /a\n      mode: 0600\n      user: &u { name: core }\n    - <<: *a\n      path: /b\n      group: *u\n    - <<: [{ path: /c }, *a]\n',
      );
      expect(storage.files).to.deep.equal([
        { path: '/a', user: { name: 'core' }, mode: 384 },
        { group: { name: 'core' }, path: '/b', user: { name: 'core' }, mode: 384 },
        { path: '/c', user: { name: 'core' }, mode: 384 },
      ]);
    });

    it('the first of several documents', () => {
      expect(translate('---\nvariant: fcos\nversion: 1.0.0\n---\nfoo: [').ignition).to.equal(
        '{"ignition":{"version":"3.0.0"}}',
      );
    });
  });

  describe('gets a unit for a file system', () => {
    for (const { path, name } of goFixtures.unitNames) {
      it(`named as systemd names ${path}`, () => {
        expect(escapeUnitPath(path)).to.equal(name);
      });
    }

    const filesystem = (more: string) =>
      `storage:\n  filesystems:\n    - { device: /dev/disk/by-label/foo, with_mount_unit: true, ${more} }\n`;

    it('that mounts it', () => {
      const { systemd, storage } = sectionOf(
        filesystem('format: ext4, path: /var/lib/containers, mount_options: [ro, noatime]'),
      );
      expect(systemd.units).to.deep.equal([
        {
          contents:
            '# Generated by Butane\n[Unit]\nRequires=systemd-fsck@dev-disk-by\\x2dlabel-foo.service\nAfter=systemd-fsck@dev-disk-by\\x2dlabel-foo.service\n\n[Mount]\nWhere=/var/lib/containers\nWhat=/dev/disk/by-label/foo\nType=ext4\nOptions=ro,noatime\n\n[Install]\nRequiredBy=local-fs.target',
          enabled: true,
          name: 'var-lib-containers.mount',
        },
      ]);
      expect(storage.filesystems[0]).to.not.have.property('with_mount_unit');
    });

    it('that turns swap on', () => {
      const { systemd } = sectionOf(filesystem('format: swap, mount_options: [pri=1]'));
      expect(systemd.units).to.deep.equal([
        {
          contents:
            '# Generated by Butane\n[Swap]\nWhat=/dev/disk/by-label/foo\nOptions=pri=1\n\n[Install]\nRequiredBy=swap.target',
          enabled: true,
          name: 'dev-disk-by\\x2dlabel-foo.swap',
        },
      ]);
    });

    it('that waits for the network where its key is with a Tang server', () => {
      const { systemd } = sectionOf(
        'storage:\n  luks:\n    - { name: foo-bar, device: /dev/bar, clevis: { tang: [{ url: "http://t", thumbprint: x }] } }\n  filesystems:\n    - { device: /dev/mapper/foo-bar, with_mount_unit: true, format: ext4, path: /data }\n',
        'variant: fcos\nversion: 1.4.0',
      );
      expect(systemd.units[0].contents).to.equal(
        '# Generated by Butane\n[Unit]\nRequires=systemd-fsck@dev-mapper-foo\\x2dbar.service\nAfter=systemd-fsck@dev-mapper-foo\\x2dbar.service\n\n[Mount]\nWhere=/data\nWhat=/dev/mapper/foo-bar\nType=ext4\nOptions=_netdev\n\n[Install]\nRequiredBy=remote-fs.target',
      );
    });

    it('before the other units, with what the config says of it', () => {
      const { systemd } = sectionOf(
        `${filesystem('format: ext4, path: /data')}systemd:\n  units:\n    - { name: a.service, mask: true }\n    - { name: data.mount, enabled: false }\n`,
      );
      const { units } = systemd as { units: { name: string; enabled?: boolean; contents?: string }[] };
      expect(units.map(({ name, enabled }) => ({ name, enabled }))).to.deep.equal([
        { name: 'data.mount', enabled: false },
        { name: 'a.service', enabled: undefined },
      ]);
      expect(units[0]?.contents).to.contain('Where=/data');
    });

    it('that it does not ask for, not', () => {
      const { systemd } = sectionOf(filesystem('format: ext4, path: /data').replace('true', 'false'));
      expect(systemd).to.equal(undefined);
    });

    for (const { missing, more } of [
      { missing: 'format', more: 'path: /data' },
      { missing: 'path', more: 'format: ext4' },
    ]) {
      it(`only with its ${missing}`, () => {
        expect(faultOf(`variant: fcos\nversion: 1.1.0\n${filesystem(more)}`).message).to.equal(
          `node.yaml:5: storage.filesystems[0].${missing}: is needed for with_mount_unit: write it too`,
        );
      });
    }
  });

  describe('is translated with a warning, as Butane does', () => {
    for (const { name, butane, field, line, message, made } of [
      {
        name: 'a key that nobody knows',
        butane:
          'variant: flatcar\nversion: 1.0.0\nsystemd:\n  units:\n    - name: a.service\n      enable: true\n',
        line: 6,
        field: 'systemd.units[0].enable',
        message: "'enable' is not a field that Butane knows: it is left out",
        made: { systemd: { units: [{ name: 'a.service' }] } },
      },
      {
        name: 'a key of a later version',
        butane: 'variant: fcos\nversion: 1.3.0\nkernel_arguments:\n  should_exist: [a]\n',
        line: 3,
        field: 'kernel_arguments',
        message: "'kernel_arguments' came with a later version: it is left out",
        made: {},
      },
      {
        name: 'a section of Fedora CoreOS in a config of Flatcar',
        butane: 'variant: flatcar\nversion: 1.0.0\nboot_device: { mirror: { devices: [/dev/a] } }\n',
        line: 3,
        field: 'boot_device',
        message: "'boot_device' is not a field that Butane knows: it is left out",
        made: {},
      },
      {
        name: 'the version of Ignition',
        butane: 'variant: flatcar\nversion: 1.0.0\nignition: { version: 3.4.0 }\n',
        line: 3,
        field: 'ignition.version',
        message: "'version' is not a field that Butane knows: it is left out",
        made: {},
      },
      {
        name: 'a mode that was meant in octal',
        butane:
          'variant: flatcar\nversion: 1.1.0\nstorage:\n  directories:\n    - path: /a\n      mode: 755\n',
        line: 6,
        field: 'storage.directories[0].mode',
        message: '755 is a decimal number, 01363 in octal: write 0755',
        made: { storage: { directories: [{ path: '/a', mode: 755 }] } },
      },
      {
        name: 'setuid before Ignition sets it',
        butane: 'variant: flatcar\nversion: 1.0.0\nstorage:\n  files:\n    - path: /a\n      mode: 04755\n',
        line: 6,
        field: 'storage.files[0].mode',
        message: 'its bits of setuid, setgid and sticky are not set before Ignition 3.4.0',
        made: { storage: { files: [{ path: '/a', mode: 0o755 }] } },
      },
      {
        name: 'the name of a unit that systemd does not take',
        butane: 'variant: flatcar\nversion: 1.1.0\nsystemd:\n  units:\n    - { name: a b.service }\n',
        line: 5,
        field: 'systemd.units[0].name',
        message:
          "'a b.service' is not the name of a systemd unit, as in my.service; Ignition takes it all the same",
        made: { systemd: { units: [{ name: 'a b.service' }] } },
      },
    ]) {
      it(name, () => {
        const { ignition, warnings } = translate(butane);
        const { ignition: _, ...rest } = JSON.parse(ignition) as Record<string, unknown>;
        expect(rest).to.deep.equal(made);
        expect(warnings).to.deep.equal([{ line, field, message }]);
      });
    }

    it('of which a hundred are told', () => {
      const unknown = Array.from({ length: 200 }, (_, index) => `x${index}: 1\n`).join('');
      expect(translate(`variant: flatcar\nversion: 1.0.0\n${unknown}`).warnings).to.have.length(100);
    });
  });

  describe('is refused with line, field and remedy', () => {
    const inline =
      'files beside it cannot be read here: write the contents in place (inline), or make Ignition of it yourself with `butane --files-dir`';
    const program = 'have the program butane installed where imago runs, or make Ignition of it yourself';
    const container =
      'is missing: this is a Container Linux Config, which matchbox translated before 0.10, or no Butane config. Begin it with `variant: flatcar` and `version: 1.0.0`, and write its other sections as files, users and units';
    const flatcar = 'variant: flatcar\nversion: 1.1.0\n';
    for (const { name, butane, want } of [
      {
        name: 'a Container Linux Config',
        butane: 'systemd:\n  units:\n    - name: etcd2.service\n      enable: true\n',
        want: `variant: ${container}`,
      },
      { name: 'nothing', butane: '', want: `variant: ${container}` },
      { name: 'a list', butane: '- a\n', want: `variant: ${container}` },
      {
        name: 'another system',
        butane: 'variant: openshift\nversion: 4.15.0\n',
        want: `1: variant: 'openshift' is not translated here, only flatcar and fcos: ${program}`,
      },
      {
        name: 'no version',
        butane: 'variant: flatcar\n',
        want: 'version: is missing: write one, as in `version: 1.0.0`',
      },
      {
        name: 'a version that is none yet',
        butane: 'variant: flatcar\nversion: 1.2.0-experimental\n',
        want: "2: version: '1.2.0-experimental' is not a stable version of flatcar that is known here: write one of 1.0.0, 1.1.0",
      },
      {
        name: 'a file beside it',
        butane: `${flatcar}storage:\n  files:\n    - path: /a\n      contents:\n        local: a\n`,
        want: `7: storage.files[0].contents.local: ${inline}`,
      },
      {
        name: 'a tree',
        butane: `${flatcar}storage:\n  trees:\n    - local: a\n`,
        want: `4: storage.trees: ${inline}`,
      },
      {
        name: 'a unit in a file',
        butane: `${flatcar}systemd:\n  units:\n    - name: a.service\n      contents_local: a\n`,
        want: `6: systemd.units[0].contents_local: ${inline}`,
      },
      {
        name: 'keys in a file',
        butane: `${flatcar}passwd:\n  users:\n    - { name: core, ssh_authorized_keys_local: [a] }\n`,
        want: `5: passwd.users[0].ssh_authorized_keys_local: ${inline}`,
      },
      {
        name: 'a mirrored boot disk',
        butane: 'variant: fcos\nversion: 1.5.0\nboot_device: { mirror: { devices: [/dev/a, /dev/b] } }\n',
        want: `3: boot_device: is not translated here: ${program}`,
      },
      {
        name: "a password of GRUB's",
        butane: 'variant: fcos\nversion: 1.5.0\ngrub: { users: [{ name: root }] }\n',
        want: `3: grub: is not translated here: ${program}`,
      },
      {
        name: 'Clevis on Flatcar',
        butane: `${flatcar}storage:\n  luks:\n    - { name: a, device: /dev/a, clevis: { tpm2: true } }\n`,
        want: '5: storage.luks[0].clevis: is not in Flatcar of this version: name a key file (key_file)',
      },
      {
        name: 'contents said twice',
        butane: `${flatcar}storage:\n  files:\n    - path: /a\n      contents:\n        inline: a\n        source: data:,b\n`,
        want: '7: storage.files[0].contents.inline: stands beside source: write one of them',
      },
      {
        name: 'a text for a number',
        butane: `${flatcar}storage:\n  files:\n    - path: /a\n      mode: '0644'\n`,
        want: "6: storage.files[0].mode: '0644' is not a whole number",
      },
      {
        name: 'a text for a flag',
        butane: `${flatcar}systemd:\n  units:\n    - { name: a.service, enabled: maybe }\n`,
        want: "5: systemd.units[0].enabled: 'maybe' is not true or false",
      },
      {
        name: 'a table for a list',
        butane: `${flatcar}storage:\n  files:\n    path: /a\n`,
        want: '5: storage.files: a table is not a list',
      },
      {
        name: 'a list for a table',
        butane: `${flatcar}storage:\n  - files\n`,
        want: '4: storage: a list is not a table',
      },
      {
        name: 'a text for a table',
        butane: `${flatcar}storage: files\n`,
        want: "3: storage: 'files' is not a table",
      },
      {
        name: 'a list for a text',
        butane: `${flatcar}passwd:\n  users:\n    - name: [a]\n`,
        want: '5: passwd.users[0].name: a list is not a text',
      },
      {
        name: 'what Ignition refuses',
        butane: `${flatcar}storage:\n  files:\n    - path: etc/motd\n`,
        want: "5: storage.files[0].path: 'etc/motd' is not an absolute path",
      },
      {
        name: 'what Ignition refuses, by the name that Butane has for it',
        butane: `${flatcar}passwd:\n  users:\n    - name: core\n  groups:\n    - {}\n`,
        want: '7: passwd.groups[0].name: is missing',
      },
      {
        name: 'no YAML',
        butane: `${flatcar}a: b: c\n`,
        want: '3: is not YAML: Nested mappings are not allowed in compact mappings',
      },
      {
        name: 'an alias without an anchor',
        butane: `${flatcar}storage: *a\n`,
        want: '3: storage: names no anchor before it: *a',
      },
      {
        name: 'a table merged into itself',
        butane: `${flatcar}storage: &a { <<: *a }\n`,
        want: '3: storage: merges (<<) tables more than 10 deep',
      },
      {
        name: 'a text merged into a table',
        butane: `${flatcar}storage: { <<: a }\n`,
        want: '3: storage: merges (<<) what is no table',
      },
      {
        name: 'more than a MiB',
        butane: `${flatcar}# ${'x'.repeat(1 << 20)}\n`,
        want: 'is longer than 1 MiB: name a URL (source) for what is big',
      },
    ]) {
      it(name, () => {
        const { message } = faultOf(butane);
        expect(message).to.equal(/^\d/.test(want) ? `node.yaml:${want}` : `node.yaml: ${want}`);
      });
    }

    const tooMuch =
      'there are more than 50000 keys and values, or too much text: aliases repeat what they name';

    it('many values made of few by aliases', () => {
      const files = `&f { path: /a, append: [&r { inline: a }, ${'*r, '.repeat(300)}] }, ${'*f, '.repeat(200)}`;
      expect(faultOf(`${flatcar}storage: { files: [${files}] }`).message).to.contain(tooMuch);
    });

    it('much text made of little by aliases', () => {
      const keys = `&k ${'x'.repeat(100_000)}, ${'*k, '.repeat(300)}`;
      expect(
        faultOf(`${flatcar}passwd: { users: [{ name: a, ssh_authorized_keys: [${keys}] }] }`).message,
      ).to.contain(tooMuch);
    });

    it('what is nested too deeply for a reader that calls itself', () => {
      expect(faultOf(`${flatcar}x:\n  ${'- '.repeat(10_000)}`).message).to.equal(
        'node.yaml:4: is nested too deeply to be read',
      );
    });
  });
});
