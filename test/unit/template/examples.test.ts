import { readdirSync, readFileSync } from 'node:fs';
import { expect } from 'chai';
import { parse, stringify } from 'yaml';
import { parseConfig } from '../../../src/config/parse-config.js';
import { createTemplates } from '../../../src/template/catalog.js';
import { checkTemplates } from '../../../src/template/check-templates.js';
import { renderCloudConfig } from '../../../src/template/cloud-config.js';
import { renderIgnition, toIgnition } from '../../../src/template/ignition.js';
import { sampleContext, sampleHost } from './template-folder.js';

const noSecrets = (name: string): string => `stand-in for ${name}`;

const folder = 'conf/examples';
const files = readdirSync(folder).filter((name) => name.endsWith('.yaml') && name !== 'installer.yaml');
const read = (name: string) => readFileSync(`${folder}/${name}`, 'utf8');

/** The shipped configuration with the example's profiles before its own. */
function configWith(example: string) {
  const base = parse(readFileSync('conf/imago.yaml', 'utf8')) as { profiles: unknown[] };
  const { profiles } = parse(read(example)) as { profiles: unknown[] };
  return parseConfig(stringify({ ...base, profiles: [...profiles, ...base.profiles] }), example);
}

describe('the example profiles', function () {
  this.timeout(10_000);
  const templates = createTemplates({ templatesDir: 'templates', snippetsDir: 'template_snippets' });

  it('are those that their README names', () => {
    const named = [...read('README.md').matchAll(/\]\((\w[\w-]*\.yaml)\)/g)].map(([, name]) => name);
    expect(named).to.have.members(files);
  });

  const kernelLines: Readonly<Record<string, RegExp>> = {
    'flatcar.yaml':
      /flatcar_production_pxe\.vmlinuz initrd=initrd0\.img mayu=\S+ next-script=\S+ flatcar\.first_boot=1 ignition\.config\.url=http:\/\/10\.75\.0\.1:4080\/images\/ser-0001\/installer\.ign console=tty0 console=ttyS0 \|\| goto failed/,
    'fedora-coreos.yaml':
      /coreos\.live\.rootfs_url=http:\/\/10\.75\.0\.1:4080\/images\/ser-0001\/rootfs\.img ignition\.firstboot ignition\.platform\.id=metal ignition\.config\.url=\S+\/installer\.ign /,
    'flatcar-direct.yaml':
      / flatcar\.first_boot=1 ignition\.config\.url=http:\/\/10\.75\.0\.1:4080\/ignition\/ser-0001\/installer console=tty0 /,
    'flatcar-diskless.yaml':
      / flatcar\.first_boot=1 ignition\.config\.url=http:\/\/10\.75\.0\.1:4080\/ignition\/ser-0001 console=tty0 /,
    'fedora-coreos-direct.yaml':
      /coreos\.live\.rootfs_url=\S+\/rootfs\.img ignition\.firstboot ignition\.platform\.id=metal ignition\.config\.url=\S+\/ignition\/ser-0001\/installer coreos\.inst\.install_dev=\/dev\/sda coreos\.inst\.ignition_url=http:\/\/10\.75\.0\.1:4080\/ignition\/ser-0001 /,
    'fedora-coreos-diskless.yaml':
      /coreos\.live\.rootfs_url=\S+\/rootfs\.img ignition\.firstboot ignition\.platform\.id=metal ignition\.config\.url=\S+\/ignition\/ser-0001 console=tty0 /,
    'debian.yaml':
      /auto=true priority=critical url=\S+\/preseed\.cfg BOOTIF=01-\$\{mac:hexhyp\} hostname=ser-0001 domain=sandbox\.test netcfg\/disable_autoconfig=true netcfg\/get_ipaddress=10\.75\.0\.17 netcfg\/get_netmask=255\.255\.255\.0 /,
    'ubuntu.yaml':
      / autoinstall ip=dhcp url=\S+\/ubuntu\.iso cloud-config-url=\/dev\/null ds=nocloud;s=http:\S+\/nocloud\/ imago\.hostname=ser-0001 imago\.address=10\.75\.0\.17\/24 /,
    'talos.yaml':
      / talos\.platform=metal talos\.config=http:\/\/10\.75\.0\.1:4080\/images\/ser-0001\/machine-config\.yaml talos\.hostname=ser-0001 /,
    'rescue.yaml': /vmlinuz initrd=initrd0\.img mayu=\S+ next-script=\S+ \|\| goto failed/,
  };
  for (const file of files) {
    it(`${file} is a sound configuration, and its templates render`, () => {
      expect(checkTemplates(configWith(file), () => [noSecrets])).to.deep.equal([]);
    });

    it(`${file} boots what it says`, () => {
      const config = configWith(file);
      const profile = config.profiles[0];
      const context = sampleContext({ config, profile });
      const script = templates.render(profile?.templates.ipxe ?? '', context);
      expect(script.split('\n')[0]).to.equal('#!ipxe');
      expect(script.split('\n').find((line) => line.startsWith('kernel '))).to.match(
        kernelLines[file] ?? /^$/,
      );
    });

    it(`${file} gives a machine its final configuration`, () => {
      const config = configWith(file);
      const profile = config.profiles[0];
      const context = sampleContext({ config, profile, host: { ...sampleHost, overrides: {} } });
      if (profile?.install.configFormat === 'cloud-config') {
        expect(parse(renderCloudConfig(templates, profile.templates.cloudConfig, context))).to.include({
          hostname: 'ser-0001',
        });
      } else {
        expect(
          JSON.parse(renderIgnition(templates, profile?.templates.ignition ?? '', context)),
        ).to.have.property('ignition');
      }
    });
  }

  it('bring an installer.ign that is what installer.yaml makes', () => {
    expect(read('installer.ign')).to.equal(`${toIgnition(read('installer.yaml'), 'installer.yaml')}\n`);
  });

  it('bring a preseed.cfg of one answer a line', () => {
    const lines = read('preseed.cfg')
      .split('\n')
      .filter((line) => line !== '' && !line.startsWith('#'));
    for (const line of lines)
      expect(line).to.match(/^[\w-]+ [\w/-]+ (string|select|boolean|note|multiselect)( .*)?$/);
  });

  it('bring a user-data that Ubuntu’s installer takes for autoinstall', () => {
    const text = read('nocloud/user-data');
    expect(text).to.match(/^#cloud-config\n/);
    expect(parse(text)).to.have.nested.property('autoinstall.version', 1);
  });
});
