import { execFileSync, spawnSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { expect } from 'chai';
import { parse, stringify } from 'yaml';
import { parseConfig } from '../../src/config/parse-config.js';
import { createTemplates } from '../../src/template/catalog.js';
import { renderCloudConfig } from '../../src/template/cloud-config.js';
import { renderIgnition } from '../../src/template/ignition.js';
import { sampleContext, sampleHost } from '../unit/template/template-folder.js';

const folder = 'conf/examples';
const examples = readdirSync(folder).filter((name) => name.endsWith('.yaml') && name !== 'installer.yaml');
const templates = createTemplates({ templatesDir: 'templates', snippetsDir: 'template_snippets' });
const host = { ...sampleHost, overrides: {} };

function contextOf(example: string) {
  const read = (path: string) => parse(readFileSync(path, 'utf8')) as { profiles: unknown[] };
  const base = read('conf/imago.yaml');
  const { profiles } = read(`${folder}/${example}`);
  const config = parseConfig(stringify({ ...base, profiles: [...profiles, ...base.profiles] }), example);
  const profile = config.profiles[0];
  return { profile, context: sampleContext({ config, profile, host }) };
}

/** What Ignition’s own checker has to say; empty where it is content. */
function ignitionValidate(json: string): string {
  const { stdout, stderr } = spawnSync('ignition-validate', ['-'], { input: json, encoding: 'utf8' });
  return stdout + stderr;
}

describe('the example profiles, to the tools that they are for', function () {
  this.timeout(30_000);

  for (const example of examples) {
    const { profile, context } = contextOf(example);
    if (profile?.install.configFormat === 'cloud-config') {
      it(`${example}: the cloud-config of a machine has its name, and its report that it is up`, () => {
        const text = renderCloudConfig(templates, profile.templates.cloudConfig, context);
        expect(parse(text)).to.include({ hostname: host.serial });
        expect(text).to.include('boot_complete');
      });
    } else {
      it(`${example}: the Ignition of a machine is valid to Ignition itself, without a warning`, () => {
        const template = profile?.templates.ignition ?? 'ignition.yaml';
        expect(ignitionValidate(renderIgnition(templates, template, context))).to.equal('');
      });
    }
    if (profile?.mode === 'direct-ignition') {
      it(`${example}: so is that of its installer`, () => {
        const template = profile.templates.installer;
        expect(ignitionValidate(renderIgnition(templates, template, context))).to.equal('');
      });
    }
  }

  it('debconf takes the preseed.cfg as it is', () => {
    execFileSync('debconf-set-selections', ['--checkonly', `${folder}/preseed.cfg`], { stdio: 'pipe' });
  });

  it('Debian and Ubuntu are told to post what the machine is, and to report the end of its installation', () => {
    for (const file of ['preseed.cfg', 'nocloud/user-data'])
      expect(readFileSync(`${folder}/${file}`, 'utf8'), file).to.include('seed.sh');
    const seed = readFileSync(`${folder}/seed.sh`, 'utf8');
    expect(seed).to.include('final-cloud-config.yaml').and.include('set_installed');
  });
});
