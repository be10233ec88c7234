import { readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { expect } from 'chai';
import type { ApiHost } from '../../src/api/schemas.js';
import type { PendingMachine } from '../../src/api/pending.js';
import type { WeighedProfile } from '../../src/api/explanation.js';
import { DaemonLab } from '../support/daemon-lab.js';
import { BASE, OperatorsShell } from '../support/operators-shell.js';

const STRANGERS = 300;
const MOST_PENDING = 20;

describe('machines that nobody named, to the daemon', function () {
  this.timeout(120_000);
  let lab: DaemonLab;
  let shell: OperatorsShell;
  const addresses = new Map<string, string>();

  const configure = (newHosts: string) =>
    lab.configure(
      (text) =>
        `${text.replace(
          /^profiles:$/m,
          `profiles:
  - name: storage
    osVersion: sandbox
    match: { disks: { minCount: 200 } }
  - name: known
    osVersion: sandbox
    match: { product: 'Rack*', mac: ['52:54:00'], memory: { minGigabytes: 1 } }`,
        )}\nnewHosts: ${newHosts}\n`,
    );

  before(async () => {
    lab = await DaemonLab.create('joining');
    shell = new OperatorsShell(lab);
    configure(`{ mode: pending, maxPending: ${MOST_PENDING}, requireLease: false }`);
    await lab.start();
    for (const [nic, card] of Object.entries({ eth0: '01', eth1: '02' })) {
      if (nic !== 'eth0') await lab.wire(nic);
      await lab.onClient('ip', 'link', 'set', nic, 'address', `52:54:00:00:00:${card}`);
      const said = await lab.onClient('udhcpc', '-i', nic, '-n', '-q', '-f', '-s', '/bin/true');
      const [, address = ''] = /lease of (\S+) obtained/.exec(said.stderr + said.stdout) ?? [];
      expect(address, said.stderr).to.match(/^10\.75\.0\./);
      await lab.onClient('ip', 'addr', 'replace', `${address}/24`, 'dev', nic);
      addresses.set(nic, address);
    }
    await lab.onClient('ip', 'addr', 'add', '10.75.0.250/24', 'dev', 'eth0');
  });
  after(() => lab.remove());

  const curl = async (from: string, ...words: string[]) =>
    (await lab.onClient('curl', '-s', '--interface', addresses.get(from) ?? from, ...words)).stdout;
  const boot = (nic: string, serial: string) =>
    curl(
      nic,
      `${BASE}/ipxe?serial=${serial}&uuid=11111111-2222-3333-4444-555555555555&platform=pcbios&product=RackServer&manufacturer=imago&memsize=2048`,
    );
  const imagoctl = async (line: string) => {
    const finished = await shell.type(`imagoctl ${line}`);
    expect(finished.status, finished.stderr).to.equal(0);
    return finished.stdout;
  };
  const pending = async (more = '') =>
    JSON.parse(await imagoctl(`pending --json ${more}`)) as PendingMachine[];
  const codeOf = async (mac: string) => {
    const machine = (await pending()).find((each) => each.mac === mac);
    return machine?.code ?? 'none';
  };
  const commits = async () => Number((await lab.git('rev-list', '--count', 'HEAD')).stdout);
  const status = async (serial: string) => JSON.parse(await imagoctl(`status ${serial} --json`)) as ApiHost;

  it('waits at its console with a code, without a commit, and the code outlives kill -9', async () => {
    const before = await commits();
    const first = await boot('eth0', 'RACK01');
    const [, code = ''] =
      /^echo imago: code (\w+): an operator has to accept this machine/m.exec(first) ?? [];
    expect(code).to.match(/^[A-Z3-9]{4}$/);
    expect(await imagoctl('pending')).to.match(
      new RegExp(`^${code} +rack01 +RackServer +imago +52:54:00:00:00:01 +${addresses.get('eth0')} `, 'm'),
    );
    await lab.stop('SIGKILL');
    await lab.start();
    expect(await boot('eth0', 'RACK01')).to.equal(first);
    expect(await commits()).to.equal(before);
  });

  it('tells clients of Mayu the same words: 429', async () => {
    const code = await codeOf('52:54:00:00:00:01');
    expect(await curl('eth0', '-w', ' %{http_code}', `${BASE}/first-stage-script/RACK01`)).to.equal(
      `code ${code}: an operator has to accept this machine, with imagoctl accept ${code} 429`,
    );
  });

  it('is not pushed out by strangers who make up serials, and none of those becomes a commit', async () => {
    const before = await commits();
    await boot('eth0', 'RACK01');
    const answers = await curl(
      '10.75.0.250',
      '-Z',
      '--parallel-max',
      '20',
      '-o',
      '/dev/null',
      '-w',
      '%{http_code}\\n',
      `${BASE}/ipxe?serial=flood[1-${STRANGERS}]`,
    );
    expect(answers.trim().split('\n')).to.have.length(STRANGERS);
    const all = await pending();
    expect(all.length).to.be.at.most(MOST_PENDING);
    expect(all.map(({ serial }) => serial)).to.include('rack01');
    expect(new Set(all.map(({ code }) => code)).size).to.equal(all.length);
    expect(await commits()).to.equal(before);
  });

  it('is accepted by the code of its own console: another card under its serial is none', async () => {
    await boot('eth0', 'RACK01');
    const impostor = await boot('eth1', 'RACK01');
    const [own, other] = [await codeOf('52:54:00:00:00:01'), await codeOf('52:54:00:00:00:02')];
    expect(impostor).to.include(`code ${other}:`).and.not.include(own);
    const refused = await shell.type('imagoctl accept rack01');
    expect(refused.status).to.equal(1);
    expect(refused.stderr).to.include(own).and.include(other);
    expect(await imagoctl(`accept ${own.toLowerCase()}`)).to.match(
      /^rack01: accepted, 10\.75\.0\.\d+, profile known/,
    );
    expect(await boot('eth0', 'RACK01')).to.include(`kernel ${BASE}/images/rack01/vmlinuz`);
    expect(await boot('eth1', 'RACK01')).to.include('its network cards are 52:54:00:00:00:01');
    expect((await status('rack01')).cards).to.deep.equal(['52:54:00:00:00:01']);
    const { stdout } = await lab.git('log', '--format=%an %s', '--reverse', '--grep', 'rack01: ');
    const [created = ''] = stdout.split('\n');
    expect(created).to.match(/^(?!rack01).+ rack01: host created$/);
  });

  it('has its profile by what it told, and imagoctl says why no other took it', async () => {
    const weighed = JSON.parse(await imagoctl('profiles --for rack01 --json')) as WeighedProfile[];
    expect(weighed.map(({ name, verdict }) => `${name} ${verdict}`)).to.deep.equal([
      'storage unknown',
      'known takes',
      'core later',
      'default later',
    ]);
    expect(await status('rack01')).to.deep.include({ profile: 'known', isProfileTentative: true });
  });

  it('tells with the real helper what it is made of, and its profile is decided for good', async () => {
    expect(await curl('eth0', `${BASE}/first-stage-script/rack01`)).to.include('exec sh "$work/first-stage"');
    const helper = join(lab.folder, 'hostinfo-helper');
    writeFileSync(helper, await curl('eth0', `${BASE}/hostinfo-helper`));
    const answered = await lab.onClient(
      'sh',
      helper,
      `-post-url=${BASE}/first-stage-script/rack01?booted=known`,
      '-serial=rack01',
    );
    expect(answered, answered.stderr).to.include({ status: 0 });
    expect(answered.stdout).to.include('Installs this machine');
    const host = await status('rack01');
    const [, kilobytes] = /^MemTotal: +(\d+) kB$/m.exec(readFileSync('/proc/meminfo', 'utf8')) ?? [];
    expect(host.hardware?.memoryBytes).to.equal(Number(kilobytes) * 1024);
    expect(host.hardware?.disks).to.be.an('array');
    expect(host).to.include({ profile: 'known', state: 'configured' });
    expect(host).not.to.have.property('isProfileTentative');
    const explained = await imagoctl('explain rack01');
    expect(explained).to.match(/^profiles +storage is for others: disks: wants 200 or more, found \d+$/m);
  });

  it('stays rejected over kill -9, until an operator takes that back', async () => {
    await boot('eth1', 'RACK02');
    const code = await codeOf('52:54:00:00:00:02');
    expect(await imagoctl(`reject ${code}`)).to.equal(`rack02: rejected, code ${code}\n`);
    await lab.stop('SIGKILL');
    await lab.start();
    expect(await boot('eth1', 'RACK02')).to.include(`code ${code}: an operator rejected this machine`);
    expect((await pending()).map(({ serial }) => serial)).not.to.include('rack02');
    expect((await pending('--rejected')).map(({ serial }) => serial)).to.deep.equal(['rack02']);
    await imagoctl(`reject --forget ${code}`);
    expect(await boot('eth1', 'RACK02')).to.include('an operator has to accept this machine');
    expect(await imagoctl('events')).to.match(/rack02 .*waits to be accepted, code/);
  });

  it('waits until it is added where the mode is listed, and comes by itself where it is auto', async () => {
    configure('{ mode: listed }');
    await lab.signalled('SIGHUP', 'the configuration was reloaded');
    expect(await boot('eth1', 'RACK02')).to.include('newHosts.mode is listed');
    configure('{ mode: auto }');
    await lab.signalled('SIGHUP', 'the configuration was reloaded');
    expect(await boot('eth1', 'RACK02')).to.include(`kernel ${BASE}/images/rack02/vmlinuz`);
  });

  it('is never given a profile behind one that takes all such machines, and --check-config says so', async () => {
    lab.configure((text) =>
      text.replace(
        /^profiles:$/m,
        `profiles:
  - { name: racks, osVersion: sandbox, match: { product: 'Rack*' } }
  - { name: behind, osVersion: sandbox, match: { product: 'RackServer' } }`,
      ),
    );
    const checked = await lab.onServer(resolve('bin/imago'), '--check-config', '--config', lab.configFile);
    expect(checked.status, checked.stderr).to.equal(0);
    expect(checked.stdout).to.include(
      'warning: profile behind is never given to a new machine: racks stands before it and takes any number of such machines; put it behind\n',
    );
  });
});
