import { expect } from 'chai';
import { cpSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import type { Config } from '../../../src/config/schema.js';
import { checkTemplates } from '../../../src/template/check-templates.js';
import { sampleConfig, TemplateFolder } from './template-folder.js';

const noSecrets = (name: string): string => `stand-in for ${name}`;

describe('the check of all templates at the start', () => {
  let folder: TemplateFolder;
  beforeEach(() => {
    folder = new TemplateFolder();
    cpSync('templates', join(folder.folder, 'templates'), { recursive: true });
    cpSync('template_snippets', join(folder.folder, 'snippets'), { recursive: true });
  });
  afterEach(() => folder.remove());

  const check = (change?: (yaml: string) => string) => {
    const config = sampleConfig(change);
    const paths = {
      ...config.paths,
      templates: join(folder.folder, 'templates'),
      snippets: join(folder.folder, 'snippets'),
    };
    return checkTemplates({ ...config, paths } satisfies Config, () => [noSecrets]);
  };
  const withModel = (model: string) => (yaml: string) =>
    yaml.replace('tags:', `network: { model: ${model} }\n    tags:`);

  it('finds nothing wrong with those that are shipped, in any network model and format', () => {
    for (const model of ['single', 'bond', 'bridge']) {
      expect(check(withModel(model)), model).to.deep.equal([]);
      const cloudConfig = (yaml: string) =>
        withModel(model)(yaml).replace('install: {', 'install: { configFormat: cloud-config,');
      expect(check(cloudConfig), model).to.deep.equal([]);
    }
  });

  it('finds nothing wrong where there is no router, no name server and no domain', () => {
    const bare = (yaml: string) => yaml.replace(/^ {2}(router|dns|ntp|domain):.*\n/gm, '');
    for (const model of ['single', 'bond', 'bridge'])
      expect(check((yaml) => bare(withModel(model)(yaml)))).to.deep.equal([]);
  });

  it('names the setting of a template that is missing', () => {
    const [fault, ...others] = check((yaml) =>
      yaml.replace('tags:', 'templates: { ignition: nope.yaml }\n    tags:'),
    );
    expect(others).to.deep.equal([]);
    expect(fault?.path).to.deep.equal(['profiles', 0, 'templates', 'ignition']);
    expect(fault?.message).to.match(/^nope\.yaml: is missing: there is no such file in/);
  });

  it('names a network model that has no snippet', () => {
    expect(check(withModel('nope')).map(({ message }) => message)).to.match(/network-nope\.yaml: is missing/);
  });

  it('finds a variable that is missing, a syntax error, and a fault of the document, all at once', () => {
    folder.write('templates/install.ipxe', '#!ipxe\nkernel {{ vars.nope | ipxe }}\n');
    folder.write('templates/first-stage.sh', '{% if %}\n');
    folder.write('templates/ignition.yaml', 'ignition: { version: 3.3.0 }\nnope: 1\n');
    rmSync(join(folder.folder, 'templates/wait.ipxe'));
    expect(check().map(({ path, message }) => `${path.join('.')} → ${message}`.slice(0, 62))).to.deep.equal([
      'paths.templates → wait.ipxe: is missing: there is no such file',
      'profiles.0.templates.ipxe → install.ipxe:2: vars.nope is missi',
      'profiles.0.templates.firstStage → first-stage.sh:1: is not a t',
      'profiles.0.templates.ignition → ignition.yaml:2: nope: is not ',
    ]);
  });

  it('finds what is only missing for a machine that told little of itself', () => {
    folder.write('templates/install.ipxe', '#!ipxe\necho {{ host.connectedNic | ipxe }}\n');
    expect(check().map(({ message }) => message)).to.match(/install\.ipxe:2: .*is null/);
  });
});
