import { expect } from 'chai';
import { ignitionVersions } from '../../../src/template/ignition-schema.js';
import { renderIgnition, toIgnition } from '../../../src/template/ignition.js';
import { TemplateFault } from '../../../src/template/template-fault.js';
import { renderCloudConfig } from '../../../src/template/cloud-config.js';
import { sampleContext, TemplateFolder } from './template-folder.js';

const head = 'ignition: { version: 3.3.0 }\n';
const file = (more: string) => `${head}storage:\n  files:\n    - path: /a\n${more}`;

describe('Ignition configurations', () => {
  it('are delivered as JSON', () => {
    expect(JSON.parse(toIgnition(head, 'i.yaml'))).to.deep.equal({ ignition: { version: '3.3.0' } });
  });

  it('read a file mode as people write it, octal with a leading 0', () => {
    for (const { written, mode } of [
      { written: '0644', mode: 0o644 },
      { written: '0o644', mode: 0o644 },
      { written: '420', mode: 420 },
    ]) {
      const { storage } = JSON.parse(toIgnition(file(`      mode: ${written}\n`), 'i.yaml')) as {
        storage: { files: [{ mode: number }] };
      };
      expect(storage.files[0].mode, written).to.equal(mode);
    }
  });

  it('write inline contents as a data: URL', () => {
    const json = toIgnition(
      file("      contents:\n        inline: |\n          two\n          'lines' ü\n"),
      'i.yaml',
    );
    const { storage } = JSON.parse(json) as {
      storage: { files: [{ contents: { source: string; inline?: string } }] };
    };
    expect(storage.files[0].contents).to.have.all.keys('source');
    const [, encoded = ''] = storage.files[0].contents.source.split('data:;base64,');
    expect(Buffer.from(encoded, 'base64').toString()).to.equal("two\n'lines' ü\n");
  });

  const faults: { name: string; text: string; field: string; line: number; want: RegExp }[] = [
    {
      name: 'a key that there is not',
      text: file('      mod: 0644\n'),
      field: 'storage.files[0].mod',
      line: 5,
      want: /is not a field that Ignition knows \(line 5 of the output of i\.yaml: mod: 0644\)/,
    },
    {
      name: 'a section that there is not',
      text: `${head}networkd: {}\n`,
      field: 'networkd',
      line: 2,
      want: /is not a field/,
    },
    {
      name: 'a value of the wrong type',
      text: file('      overwrite: 1\n'),
      field: 'storage.files[0].overwrite',
      line: 5,
      want: /expected boolean/,
    },
    {
      name: 'a field that is missing',
      text: `${head}storage:\n  links:\n    - path: /a\n`,
      field: 'storage.links[0].target',
      line: 4,
      want: /is missing/,
    },
    { name: 'no version', text: 'ignition: {}\n', field: 'ignition.version', line: 1, want: /is missing/ },
    {
      name: 'a version that is not known',
      text: 'ignition: { version: 2.2.0 }\n',
      field: 'ignition.version',
      line: 1,
      want: /write one of 3\.0\.0, 3\.1\.0/,
    },
    {
      name: 'a relative path',
      text: `${head}storage: { files: [{ path: a }] }\n`,
      field: 'storage.files[0].path',
      line: 2,
      want: /'a' is not an absolute path/,
    },
    {
      name: 'a path that is written twice',
      text: file('    - path: /b\n    - path: /a\n'),
      field: 'storage.files[2].path',
      line: 6,
      want: /'\/a' stands here a second time/,
    },
    {
      name: 'a mode that is none',
      text: file('      mode: 99999\n'),
      field: 'storage.files[0].mode',
      line: 5,
      want: /is not a file mode/,
    },
    {
      name: 'inline and source',
      text: file('      contents: { inline: a, source: "data:,a" }\n'),
      field: 'storage.files[0].contents.inline',
      line: 5,
      want: /both/,
    },
    {
      name: 'a URL that Ignition cannot fetch',
      text: file('      contents: { source: "ftp://h/x" }\n'),
      field: 'storage.files[0].contents.source',
      line: 5,
      want: /is not a URL that Ignition fetches/,
    },
    {
      name: 'a hash of no known kind',
      text: file('      contents: { source: "http://h/x", verification: { hash: md5-00 } }\n'),
      field: 'storage.files[0].contents.verification.hash',
      line: 5,
      want: /sha256-/,
    },
    {
      name: 'a unit without a suffix',
      text: `${head}systemd: { units: [{ name: a }] }\n`,
      field: 'systemd.units[0].name',
      line: 2,
      want: /my\.service/,
    },
    {
      name: 'a unit that is written twice',
      text: `${head}systemd: { units: [{ name: a.service }, { name: a.service }] }\n`,
      field: 'systemd.units[1].name',
      line: 2,
      want: /second time/,
    },
    {
      name: 'a user that is written twice',
      text: `${head}passwd: { users: [{ name: a }, { name: a }] }\n`,
      field: 'passwd.users[1].name',
      line: 2,
      want: /second time/,
    },
    {
      name: 'a field that is newer than the version',
      text: 'ignition: { version: 3.1.0 }\nkernelArguments: { shouldExist: [a] }\n',
      field: 'kernelArguments',
      line: 2,
      want: /came with version 3\.3\.0/,
    },
    {
      name: 'headers before 3.1',
      text: 'ignition: { version: 3.0.0, config: { merge: [{ source: "http://h/x", httpHeaders: [] }] } }\n',
      field: 'ignition.config.merge[0].httpHeaders',
      line: 1,
      want: /came with version 3\.1\.0/,
    },
  ];
  for (const { name, text, field, line, want } of faults) {
    it(`are refused with ${name}, by field and line`, () => {
      const act = () => toIgnition(text, 'i.yaml');
      expect(act).to.throw(TemplateFault, want);
      expect(act)
        .to.throw(TemplateFault)
        .that.includes({ template: 'i.yaml', code: 'TEMPLATE_FAULT', field, line });
    });
  }

  const luks = (more: string) => `storage: { luks: [{ name: a, device: /dev/a, ${more} }] }\n`;
  const contents = (source: string) =>
    `storage: { files: [{ path: /a, contents: { source: ${source} } }] }\n`;
  const sha256 = `sha256-${'0'.repeat(64)}`;
  const newer: readonly { name: string; text: string; since: string; before: string; field: string }[] = [
    {
      name: 'a SHA-256',
      text: `storage: { files: [{ path: /a, contents: { source: http://h/x, verification: { hash: ${sha256} } } }] }\n`,
      since: '3.1.0',
      before: '3.0.0',
      field: 'storage.files[0].contents.verification.hash',
    },
    {
      name: 'a source gs:',
      text: contents('gs://bucket/key'),
      since: '3.2.0',
      before: '3.1.0',
      field: 'storage.files[0].contents.source',
    },
    {
      name: 'the file system none',
      text: 'storage: { filesystems: [{ device: /dev/a, format: none }] }\n',
      since: '3.3.0',
      before: '3.2.0',
      field: 'storage.filesystems[0].format',
    },
    {
      name: 'luks.discard',
      text: luks('discard: true'),
      since: '3.4.0',
      before: '3.3.0',
      field: 'storage.luks[0].discard',
    },
    {
      name: 'luks.openOptions',
      text: luks('openOptions: [--perf-no_read_workqueue]'),
      since: '3.4.0',
      before: '3.3.0',
      field: 'storage.luks[0].openOptions',
    },
    {
      name: 'an advertisement of Tang',
      text: luks(`clevis: { tang: [{ url: http://t, thumbprint: x, advertisement: '{"payload":"x"}' }] }`),
      since: '3.4.0',
      before: '3.3.0',
      field: 'storage.luks[0].clevis.tang[0].advertisement',
    },
    {
      name: 'a source arn:',
      text: contents('"arn:aws:s3:::bucket/key"'),
      since: '3.4.0',
      before: '3.3.0',
      field: 'storage.files[0].contents.source',
    },
    {
      name: 'an access point of S3',
      text: contents('"arn:aws:s3:us-west-1:123456789012:accesspoint/test/object/some/path?versionId=7"'),
      since: '3.4.0',
      before: '3.3.0',
      field: 'storage.files[0].contents.source',
    },
    {
      name: 'the sticky bit of a directory',
      text: 'storage: { directories: [{ path: /a, mode: 01777 }] }\n',
      since: '3.4.0',
      before: '3.3.0',
      field: 'storage.directories[0].mode',
    },
    {
      name: 'the setuid bit of a file',
      text: 'storage: { files: [{ path: /a, mode: 04755 }] }\n',
      since: '3.4.0',
      before: '3.3.0',
      field: 'storage.files[0].mode',
    },
    {
      name: 'luks.cex',
      text: luks('cex: { enabled: true }'),
      since: '3.5.0',
      before: '3.4.0',
      field: 'storage.luks[0].cex',
    },
  ];
  for (const { name, text, since, before, field } of newer) {
    it(`M3: have ${name} from ${since} on, and are refused with it before`, () => {
      for (const version of ignitionVersions.filter((one) => one >= since)) {
        const json = toIgnition(`ignition: { version: ${version} }\n${text}`, 'i.yaml');
        expect(JSON.parse(json), version).to.have.nested.property('ignition.version', version);
      }
      expect(() => toIgnition(`ignition: { version: ${before} }\n${text}`, 'i.yaml'))
        .to.throw(TemplateFault, `came with version ${since}`)
        .that.includes({ field });
    });
  }

  it('M3: are taken in every version that Butane makes, and no other', () => {
    for (const version of ['3.4.0', '3.5.0', '3.6.0']) {
      const text = JSON.stringify({ ignition: { version } });
      expect(toIgnition(text, 'i.yaml')).to.equal(text);
    }
    for (const version of ['3.6.0-experimental', '3.7.0', '2.3.0', '3.4']) {
      expect(() => toIgnition(`ignition: { version: "${version}" }`, 'i.yaml')).to.throw(
        'write one of 3.0.0',
      );
    }
  });

  const wrong: readonly { name: string; text: string; want: string }[] = [
    {
      name: 'an ARN of another service',
      text: contents('"arn:aws:ec2:::b/k"'),
      want: 'names no object of S3',
    },
    { name: 'an ARN without a key', text: contents('"arn:aws:s3:::bucket"'), want: 'names no object of S3' },
    {
      name: 'an access point without an object',
      text: contents('"arn:aws:s3:us-1:1:accesspoint/x"'),
      want: 'names no object of S3',
    },
    { name: 'a path that looks like an ARN', text: contents('"arn:b/k"'), want: 'names no object of S3' },
    {
      name: 'an empty version of an object',
      text: contents('"arn:aws:s3:::b/k?versionId="'),
      want: 'empty versionId',
    },
    { name: 'openOptions that are no list', text: luks('openOptions: a'), want: 'expected array' },
    { name: 'discard that is no flag', text: luks('discard: sometimes'), want: 'expected boolean' },
    { name: 'cex that is no object', text: luks('cex: true'), want: 'expected object' },
    { name: 'a field of cex that there is not', text: luks('cex: { enable: true }'), want: 'is not a field' },
    {
      name: 'cex and clevis',
      text: luks('cex: { enabled: true }, clevis: { tpm2: true }'),
      want: 'cannot be used together with clevis',
    },
    {
      name: 'cex and a key file',
      text: luks('cex: { enabled: true }, keyFile: { source: "data:,x" }'),
      want: 'cannot be used together with keyFile',
    },
    {
      name: 'an advertisement that is no JSON',
      text: luks('clevis: { tang: [{ url: http://t, thumbprint: x, advertisement: "{" }] }'),
      want: 'is not JSON',
    },
    {
      name: 'a Tang server without a thumbprint',
      text: luks('clevis: { tang: [{ url: http://t }] }'),
      want: 'is missing',
    },
    {
      name: 'a mode beyond the special bits',
      text: 'storage: { files: [{ path: /a, mode: 010000 }] }',
      want: 'is not a file mode',
    },
    {
      name: 'one LUKS device twice',
      text: 'storage: { luks: [{ name: a, device: /dev/a }, { name: a, device: /dev/b }] }',
      want: 'second time',
    },
  ];
  for (const { name, text, want } of wrong) {
    it(`M3: are refused with ${name}`, () => {
      expect(() => toIgnition(`ignition: { version: 3.6.0 }\n${text}`, 'i.yaml')).to.throw(
        TemplateFault,
        want,
      );
    });
  }

  it('name the other faults beside the first', () => {
    expect(() => toIgnition(file('      a: 1\n      b: 2\n'), 'i.yaml')).to.throw(
      '; 1 more: storage.files.0.b',
    );
  });

  for (const { name, text, want } of [
    { name: 'no YAML', text: 'a: [1\n', want: /makes no YAML/ },
    { name: 'nothing', text: '# only a comment\n', want: /empty document/ },
    { name: 'a list', text: '- 1\n', want: /wrong/ },
    { name: 'an anchor that is not there', text: `${head}storage: *x\n`, want: /makes no YAML/ },
  ]) {
    it(`are refused when the template makes ${name}`, () => {
      expect(() => toIgnition(text, 'i.yaml')).to.throw(TemplateFault, want);
    });
  }

  it('name the line of the template or snippet that is to be mended', () => {
    const folder = new TemplateFolder({
      'i.yaml': `{# a\ncomment #}\n${head}{% set script %}\nit's one\nand two\n{% endset %}\nstorage:\n  files:\n    - path: /a\n      contents:\n        inline: {{ script | yaml }}\n    {% include "s.yaml" %}\n`,
      'snippets/s.yaml':
        '    - path: /b\n      {% for name in host.metadata %}\n      mod: 0644\n      {% endfor %}\n',
    });
    const act = () => renderIgnition(folder.templates, 'i.yaml', sampleContext());
    expect(act).to.throw(
      TemplateFault,
      's.yaml:3: storage.files[1].mod: is not a field that Ignition knows (line 8 of the output of i.yaml: mod: 0644)',
    );
    folder.write('snippets/s.yaml', '    - path: /b\n');
    folder.write('i.yaml', `${head}storage:\n\n\n  file: []\n`);
    expect(act).to.throw(
      TemplateFault,
      'i.yaml:5: storage.file: is not a field that Ignition knows (line 5 of',
    );
    folder.remove();
  });

  it('are rendered from a template', () => {
    const folder = new TemplateFolder({
      'i.yaml': `${head}storage:\n  files:\n    - path: /etc/hostname\n      contents: { inline: {{ host.hostname | yaml }} }\n`,
    });
    const json = renderIgnition(folder.templates, 'i.yaml', sampleContext());
    expect(json).to.equal(
      '{"ignition":{"version":"3.3.0"},"storage":{"files":[{"path":"/etc/hostname","contents":{"source":"data:;base64,c2VyLTAwMDE="}}]}}',
    );
    folder.remove();
  });
});

describe('cloud-configs', () => {
  let folder: TemplateFolder;
  beforeEach(() => {
    folder = new TemplateFolder();
  });
  afterEach(() => folder.remove());
  const render = (text: string) => {
    folder.write('c.yaml', text);
    return renderCloudConfig(folder.templates, 'c.yaml', sampleContext());
  };

  it('are delivered as they were written', () => {
    expect(render('#cloud-config\n# a comment\nhostname: {{ host.hostname | yaml }}\n')).to.equal(
      '#cloud-config\n# a comment\nhostname: "ser-0001"\n',
    );
  });

  for (const { name, text, want } of [
    {
      name: 'no first line that says so',
      text: 'hostname: a\n',
      want: /must begin with the line #cloud-config/,
    },
    { name: 'no YAML', text: '#cloud-config\na: [\n', want: /makes no YAML|still an open/ },
    { name: 'a list', text: '#cloud-config\n- a\n', want: /makes no map/ },
  ]) {
    it(`are refused with ${name}`, () => {
      expect(() => render(text)).to.throw(TemplateFault, want);
    });
  }
});
