import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { parseConfig } from '../../src/config/parse-config.js';
import { DaemonLab } from '../support/daemon-lab.js';
import { BASE, OperatorsShell } from '../support/operators-shell.js';

const page = readFileSync('docs/from-mayu.md', 'utf8');

/** The columns of the tables of a section; what stands in backquotes. */
function namesIn(heading: string, column: number): string[] {
  const section = page.split(`\n## ${heading}\n`)[1]?.split('\n## ')[0] ?? '';
  return section
    .split('\n')
    .filter((line) => line.startsWith('| ') && !line.startsWith('| ---'))
    .slice(1)
    .flatMap((line) => [...(line.split(' | ')[column] ?? '').matchAll(/`([^`]+)`/g)])
    .map(([, name = '']) => name);
}

describe('the move from Mayu in docs', function () {
  this.timeout(120_000);
  let lab: DaemonLab;
  let mayu: string;
  let shell: OperatorsShell;

  before(async () => {
    lab = await DaemonLab.create('mayu');
    shell = new OperatorsShell(lab);
    mayu = join(lab.folder, 'mayu');
    makeMayuFolder(mayu);
  });
  after(() => lab.remove());

  it('takes over the machines, with their history, by the command of the page', async () => {
    expect(page).to.include('imago --import-mayu /var/lib/mayu --config conf/imago.yaml');
    const taken = await shell.type(
      `imago --import-mayu ${mayu} --config conf/imago.yaml --without-etcd-registry`,
    );
    expect(taken.stderr).to.equal('');
    expect(taken.stdout).to.match(/clusters\/sandbox: 1 host, 4 commits of /);
    await lab.start();
    const { stdout } = await shell.type('mayuctl --no-tls list --no-legend --fields=ip,serial,state');
    expect(stdout).to.match(/10\.75\.0\.20 +ser1 +"?running"?/);
    expect((await lab.git('log', '--format=%an %s')).stdout).to.include(
      'Mayu ser1: updated state to running',
    );
  });

  it('refuses to do so a second time', async () => {
    const again = await shell.type(`imago --import-mayu ${mayu} --config conf/imago.yaml`);
    expect(again.status).to.equal(1);
    expect(again.stderr).to.include('is not empty');
  });

  it('knows each verb of mayuctl, and of imagoctl beside it', async () => {
    const values: Readonly<Record<string, string>> = {
      SERIAL: 'ser1',
      X: 'x1',
      ADDRESS: '10.75.0.210',
      N: '3',
      TOKEN: 'abc',
      KEY: 'color',
      VALUE: 'red',
    };
    const commands = [...namesIn('Commands', 0), ...namesIn('Commands', 1)].filter((name) =>
      /^(mayuctl|imagoctl) (list|status|set|override|version|history)/.test(name),
    );
    expect(commands.length).to.be.greaterThan(16);
    for (const command of commands.filter((name) => !name.includes('…'))) {
      const words = command
        .split(' ')
        .map((word) => values[word] ?? word)
        .join(' ');
      const { status, stderr } = await shell.type(
        words.includes(' set ') && words.startsWith('imagoctl') ? `${words} --yes` : words,
      );
      expect(status, `${words}\n${stderr}`).to.equal(0);
    }
  });

  it('reports a boot by the environment of the machine', async () => {
    await shell.type(`curl -sf '${BASE}/ipxe?serial=ser1'`);
    writeFileSync(join(lab.folder, 'env'), `SERIAL=ser1\nIMAGO_URL=${BASE}\n`);
    await shell.type(`curl -sf -X POST -d '{"Serial":"ser1"}' ${BASE}/final-ignition-config.json`);
    await shell.type(`curl -sf -X PUT ${BASE}/admin/host/ser1/set_installed`);
    const told = await shell.type('imagoctl boot-complete --update-versions --environment env');
    expect(told.status, told.stderr).to.equal(0);
  });

  it('has each endpoint', async () => {
    const answers: Readonly<Record<string, RegExp>> = {
      [`${BASE}/`]: /./,
      [`${BASE}/ipxebootscript`]: /^#!ipxe/,
      [`${BASE}/hostinfo-helper`]: /^#!/,
      [`${BASE}/images/vmlinuz`]: /vmlinuz/,
      [`${BASE}/admin/hosts`]: /"Serial":"ser1"/,
      [`${BASE}/first-stage-script/new1`]: /^#!\/bin\/sh/,
      [`-X PUT ${BASE}/etcd/new?size=3`]: /\/etcd\/[0-9a-f]{32}/,
      [`-X PUT -d '{"State":"configured"}' ${BASE}/admin/host/ser1/set_state`]: /^$/,
      [`-X PUT ${BASE}/admin/host/ser1/mark_fresh`]: /^$/,
    };
    for (const [call, want] of Object.entries(answers)) {
      const { status, stdout } = await shell.type(`curl -sf ${call}`);
      expect(status, call).to.equal(0);
      expect(stdout, call).to.match(want);
    }
  });

  it('names settings that there are', () => {
    const config = parseConfig(readFileSync('conf/imago.yaml', 'utf8'), 'imago.yaml');
    const known = readFileSync('docs/configuration.md', 'utf8');
    const settings = [...namesIn('Configuration', 1), ...namesIn('Flags of the daemon', 1)]
      .filter((name) => /^[a-zA-Z]+(\[\])?\.[\w.[\]]+/.test(name) && !name.startsWith('vars.'))
      .map((name) => name.replace(/:.*$/, ''));
    expect(settings.length).to.be.greaterThan(20);
    for (const setting of settings)
      expect(known, setting).to.match(new RegExp(`\`${setting.replaceAll(/[[\].]/g, '\\$&')}[\`.[]`));
    expect(config.profiles.some(({ name }) => name === 'default')).to.equal(true);
  });
});

/** A cluster's folder as Mayu made it. */
function makeMayuFolder(directory: string): void {
  const git = (...words: string[]) =>
    execFileSync('git', [
      '-C',
      directory,
      '-c',
      'user.name=Mayu',
      '-c',
      'user.email=mayu@example.org',
      ...words,
    ]);
  const commit = (file: string, json: object, message: string) => {
    writeFileSync(join(directory, file), JSON.stringify(json, null, 2));
    git('add', file);
    git('commit', '-q', '-m', message);
  };
  mkdirSync(join(directory, 'ser1'), { recursive: true });
  git('init', '-q', '-b', 'master');
  commit(
    'cluster.json',
    { GitStore: true, Config: { DefaultEtcdClusterToken: 'abc' } },
    'cluster.json: initial commit',
  );
  const host = {
    Id: 1,
    Enabled: true,
    Serial: 'ser1',
    ConnectedNIC: '',
    LastBoot: '0001-01-01T00:00:00Z',
    Profile: 'core',
  };
  const file = 'ser1/conf.json';
  commit(file, { ...host, State: 'unknown' }, 'ser1: host created');
  commit(file, { ...host, InternalAddr: '10.75.0.20', State: 'unknown' }, 'ser1: updated host InternalAddr');
  commit(file, { ...host, InternalAddr: '10.75.0.20', State: 'running' }, 'ser1: updated state to running');
}
