import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { createTemplates } from '../../src/template/catalog.js';
import { renderCloudConfig } from '../../src/template/cloud-config.js';
import { renderIgnition, toIgnition } from '../../src/template/ignition.js';
import { sampleConfig, sampleContext, sampleHost } from '../unit/template/template-folder.js';
import { parse } from 'yaml';

const templates = createTemplates({ templatesDir: 'templates', snippetsDir: 'template_snippets' });
const withModel = (model: string) =>
  sampleConfig((yaml) => yaml.replace('tags:', `network: { model: ${model} }\n    tags:`));

function validate(json: string): string {
  const { stderr, stdout } = spawnSync('ignition-validate', ['-'], { input: json, encoding: 'utf8' });
  return stdout + stderr;
}

describe('the templates that are shipped', function () {
  this.timeout(30_000);
  let folder: string;
  before(() => {
    folder = mkdtempSync(join(tmpdir(), 'imago-shipped-'));
  });
  after(() => rmSync(folder, { recursive: true, force: true }));

  for (const name of [
    'first-stage.sh',
    'describe.sh',
    'boot-again.sh',
    'hostinfo-helper.sh',
    'imago-boot-complete.sh',
    'imago-set-installed.sh',
    'flatcar-install.sh',
  ]) {
    const script = () => {
      const file = join(folder, name);
      const host = { ...sampleHost, overrides: { tricky: "it's $(reboot)" } };
      writeFileSync(file, templates.render(name, sampleContext({ host })));
      return file;
    };
    for (const shell of [['dash'], ['bash', '--posix'], ['busybox', 'sh']]) {
      it(`${name} is read by ${shell[0]}`, () => {
        execFileSync(shell[0] ?? '', [...shell.slice(1), '-n', script()], { stdio: 'pipe' });
      });
    }
    it(`${name} pleases shellcheck`, () => {
      const { stdout } = spawnSync('shellcheck', ['-s', 'sh', script()], { encoding: 'utf8' });
      expect(stdout).to.equal('');
    });
  }

  it('the installer.ign of the examples is valid to Ignition itself, and its script to shellcheck', () => {
    const json = readFileSync('conf/examples/installer.ign', 'utf8');
    expect(validate(json)).to.equal('');
    const [, encoded] = /data:;base64,([^"]+)/.exec(json) ?? [];
    const script = Buffer.from(encoded ?? '', 'base64').toString();
    expect(script).to.match(/^#!\/bin\/sh\n/);
    expect(spawnSync('shellcheck', ['-s', 'sh', '-'], { input: script, encoding: 'utf8' }).stdout).to.equal(
      '',
    );
    expect(
      spawnSync('shellcheck', ['-s', 'sh', 'conf/examples/seed.sh'], { encoding: 'utf8' }).stdout,
    ).to.equal('');
  });

  for (const name of ['installer-flatcar.yaml', 'installer-fedora-coreos.yaml']) {
    it(`${name} is valid to Ignition itself, without a warning`, () => {
      expect(validate(renderIgnition(templates, name, sampleContext()))).to.equal('');
    });
  }

  for (const model of ['single', 'bond', 'bridge']) {
    const profile = withModel(model).profiles[0];

    it(`the Ignition configuration with network model ${model} is valid to Ignition itself, without a warning`, () => {
      expect(validate(renderIgnition(templates, 'ignition.yaml', sampleContext({ profile })))).to.equal('');
    });

    it(`so it is with further interfaces beside the model ${model}`, () => {
      const config = sampleConfig((yaml) =>
        yaml.replace(
          'domain: rack.test',
          'domain: rack.test\n  extraNics: [{ name: storage, vlan: 20, subnet: 10.81.0.0/24, range: { first: 10.81.0.1, last: 10.81.0.9 } }]',
        ),
      );
      const host = { ...sampleHost, extraAddresses: { storage: config.network.hostRange.first } };
      const json = renderIgnition(templates, 'ignition.yaml', sampleContext({ config, profile, host }));
      expect(json).to.include('imago-storage.nmconnection');
      expect(validate(json)).to.equal('');
    });

    it(`the cloud-config with network model ${model} is a cloud-config`, () => {
      const config: unknown = parse(
        renderCloudConfig(templates, 'cloud-config.yaml', sampleContext({ profile })),
      );
      expect(config)
        .to.include({ hostname: 'ser-0001' })
        .and.to.have.property('write_files')
        .that.is.an('array');
    });
  }
});

describe('own validation beside Ignition’s', function () {
  this.timeout(30_000);
  const head = 'ignition: { version: 3.3.0 }\n';
  const documents = [
    head,
    'ignition: { version: 3.0.0, timeouts: { httpTotal: 10 }, security: { tls: { certificateAuthorities: [{ source: "http://h/ca" }] } } }\n',
    'ignition: { version: 3.1.0, proxy: { httpProxy: "http://p:1", noProxy: [a] }, config: { merge: [{ source: "http://h/x", httpHeaders: [{ name: a, value: b }] }] } }\n',
    `${head}kernelArguments: { shouldExist: [a=b], shouldNotExist: [quiet] }\n`,
    `${head}storage: { disks: [{ device: /dev/sda, wipeTable: true, partitions: [{ label: root, number: 1, sizeMiB: 100, startMiB: 1, resize: false }] }], filesystems: [{ device: /dev/sda1, path: /data, format: ext4, label: data, mountOptions: [noatime] }] }\n`,
    `${head}storage: { raid: [{ name: data, level: raid1, devices: [/dev/sda1, /dev/sdb1] }], luks: [{ name: l, device: /dev/md/data, clevis: { tpm2: true } }] }\n`,
    `${head}storage: { files: [{ path: /a, mode: 0640, user: { name: core }, group: { id: 0 }, contents: { inline: x }, append: [{ inline: y }] }], directories: [{ path: /d, mode: 0700 }], links: [{ path: /l, target: /a, hard: true }] }\n`,
    `${head}systemd: { units: [{ name: a.service, mask: true, dropins: [{ name: 1.conf, contents: "[Service]\\n" }] }, { name: b@c.timer }] }\n`,
    `${head}passwd: { users: [{ name: core, sshAuthorizedKeys: ["ssh-ed25519 AAAA"], uid: 1, groups: [sudo], shouldExist: true }], groups: [{ name: g, gid: 5 }] }\n`,
  ];
  for (const [index, text] of documents.entries()) {
    it(`takes what Ignition takes (${index + 1})`, () => {
      expect(validate(toIgnition(text, 'i.yaml'))).to.equal('');
    });
  }

  const wrong = [
    { name: 'a relative path', json: '{"ignition":{"version":"3.3.0"},"storage":{"files":[{"path":"a"}]}}' },
    {
      name: 'a path twice',
      json: '{"ignition":{"version":"3.3.0"},"storage":{"files":[{"path":"/a"},{"path":"/a"}]}}',
    },
    {
      name: 'a hash of no kind',
      json: '{"ignition":{"version":"3.3.0"},"storage":{"files":[{"path":"/a","contents":{"source":"http://h/","verification":{"hash":"x"}}}]}}',
    },
    { name: 'a version of the past', json: '{"ignition":{"version":"2.2.0"}}' },
    {
      name: 'a unit with no suffix',
      json: '{"ignition":{"version":"3.3.0"},"systemd":{"units":[{"name":"a"}]}}',
    },
    {
      name: 'a wrong mode',
      json: '{"ignition":{"version":"3.3.0"},"storage":{"files":[{"path":"/a","mode":99999}]}}',
    },
    { name: 'a field that there is not', json: '{"ignition":{"version":"3.3.0"},"storage":{"file":[]}}' },
  ];
  for (const { name, json } of wrong) {
    it(`refuses what Ignition complains of: ${name}`, () => {
      expect(validate(json)).not.to.equal('');
      expect(() => toIgnition(json, 'i.yaml')).to.throw();
    });
  }
});
