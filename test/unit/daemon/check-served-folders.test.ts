import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { expect } from 'chai';
import { ConfigInvalid } from '../../../src/config/parse-config.js';
import { checkConfig } from '../../../src/daemon/check-config.js';
import { houseConfig } from '../../support/http-house.js';

describe('folders that are served', () => {
  let home: string;
  let file: string;

  beforeEach(() => {
    home = mkdtempSync(join(tmpdir(), 'imago-served-'));
    for (const folder of [
      'conf',
      'images',
      'tftproot',
      'static/yochu',
      'clusters/test',
      'var/gpg',
      'secrets',
    ])
      mkdirSync(join(home, folder), { recursive: true });
    symlinkSync(join(home, 'clusters'), join(home, 'link'));
    file = join(home, 'conf/imago.yaml');
  });
  afterEach(() => rmSync(home, { recursive: true }));

  /** The faults of a configuration with such paths. */
  const faultsOf = (paths: string, more = ''): string => {
    writeFileSync(
      file,
      `${houseConfig}
power: { password: { file: ${home}/secrets/bmc } }
paths: { templates: ${resolve('templates')}, snippets: ${resolve('template_snippets')}, ${paths} }
${more}`,
    );
    try {
      checkConfig(file, { withAll: false });
      return '';
    } catch (error) {
      if (error instanceof ConfigInvalid) return error.message.replaceAll(home, 'HOME');
      throw error;
    }
  };

  for (const { paths, want } of [
    {
      paths: 'static: [.]',
      want: 'paths.static[0]: HOME would give the configuration (HOME/conf/imago.yaml) to anybody',
    },
    { paths: 'static: [static, conf]', want: 'paths.static[1]: HOME/conf would give the configuration' },
    { paths: 'static: [clusters/test]', want: 'HOME/clusters/test would give the records of all machines' },
    { paths: 'static: [link]', want: 'HOME/link would give the records of all machines (HOME/clusters)' },
    { paths: 'static: [var]', want: 'HOME/var would give the leases (HOME/var/test.leases)' },
    {
      paths: 'static: [var/gpg]',
      want: 'HOME/var/gpg would give what imago keeps for itself (HOME/var/gpg)',
    },
    { paths: 'static: [secrets]', want: 'HOME/secrets would give a secret (HOME/secrets/bmc)' },
    { paths: 'tftpRoot: conf', want: 'paths.tftpRoot: HOME/conf would give the configuration' },
    { paths: 'images: clusters', want: 'paths.images: HOME/clusters would give the records' },
    { paths: `static: [${resolve('templates')}]`, want: '/templates would give the templates' },
  ]) {
    it(`Y11: are refused with ${paths.replace(resolve('.'), '')}`, () => {
      expect(faultsOf(paths)).to.include(want);
    });
  }

  it('Y11: may hold anything else, also below paths.state', () => {
    mkdirSync(join(home, 'var/static'));
    expect(faultsOf('static: [static, var/static]')).to.equal('');
  });

  for (const { matchbox, want } of [
    {
      matchbox: 'data: static, assets: static',
      want: 'matchbox.assets: HOME/static would give the groups and templates of matchbox (HOME/static) to anybody',
    },
    {
      matchbox: 'data: static/yochu, assets: static',
      want: 'matchbox.assets: HOME/static would give the groups',
    },
    { matchbox: 'data: static, assets: secrets', want: 'matchbox.assets: HOME/secrets would give a secret' },
    {
      matchbox: 'records: true, assets: static, keyRing: static/ring.gpg',
      want: 'matchbox.assets: HOME/static would give the private keys of matchbox (HOME/static/ring.gpg)',
    },
    { matchbox: 'data: none', want: 'matchbox.data: HOME/none is not a folder' },
    { matchbox: 'data: static, assets: static/yochu', want: '' },
  ]) {
    it(`matchbox: {${matchbox}}: ${want || 'is sound'}`, () => {
      const faults = faultsOf('static: []', `matchbox: { ${matchbox} }\n`);
      if (want === '') expect(faults).to.equal('');
      else expect(faults).to.include(want);
    });
  }
});
