import { expect } from 'chai';
import { execFileSync } from 'node:child_process';
import { chmodSync, mkdirSync, readFileSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import type { Serial } from '../../src/host/serial.js';
import { hostPath } from '../../src/store/layout.js';
import { untilTrue } from '../support/cluster-folder.js';
import { DaemonLab } from '../support/daemon-lab.js';

const SERVER = '10.75.0.1';
const BASE = `http://${SERVER}:4080`;

/** What machines and operators see of a daemon whose disk, folder or clock fails it. */
describe('a guarded cluster', function () {
  this.timeout(120_000);
  let lab: DaemonLab;
  /** Of the cluster. */
  let disk: string;
  /** Of the leases. */
  let state: string;

  before(async () => {
    lab = await DaemonLab.create('guard');
    disk = join(lab.folder, 'disk');
    state = join(lab.folder, 'state');
    for (const folder of [disk, state]) {
      mkdirSync(folder);
      mount('-t', 'tmpfs', '-o', 'size=6m,mode=700', 'tmpfs', folder);
    }
    lab.configure((text) =>
      text
        .replace('level: info', 'level: debug')
        .replace('clusters: clusters', 'clusters: disk/clusters')
        .replace('state: var', 'state: state'),
    );
    writeFileSync(join(lab.folder, 'clock'), '0');
    process.env['IMAGO_TEST_CLOCK'] = join(lab.folder, 'clock');
    process.env['NODE_OPTIONS'] = `--import ${resolve('test/support/moving-clock.mjs')}`;
    await lab.start();
    await lab.onClient('ip', 'addr', 'add', '10.75.0.250/24', 'dev', 'eth0');
    for (const serial of ['run1', 'new1']) await get(`/ipxe?serial=${serial}`);
    const report = JSON.stringify({ Serial: 'run1', NetDevs: [], IPMIAddress: '', ConnectedNIC: 'eth0' });
    await ask('-d', report, `${BASE}/final-ignition-config.json`);
    await ask('-X', 'PUT', `${BASE}/admin/host/run1/set_installed`);
    await ask('-X', 'PUT', `${BASE}/admin/host/run1/boot_complete`);
  });
  after(async () => {
    delete process.env['NODE_OPTIONS'];
    delete process.env['IMAGO_TEST_CLOCK'];
    await lab.stop('SIGKILL');
    for (const folder of [disk, state]) execFileSync('umount', [folder]);
    await lab.remove();
  });

  const cluster = () => join(disk, 'clusters/sandbox');
  const inGit = (path: string) => join(cluster(), '.git', path);
  const git = (...words: string[]) =>
    execFileSync('git', ['-C', cluster(), ...words], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });
  /** `<status> <body>` */
  const ask = async (...words: string[]) =>
    (await lab.onServer('curl', '-s', '-w', '\n%{http_code}', ...words)).stdout.replace(
      /^([^]*)\n(\d+)$/,
      '$2 $1',
    );
  const get = (path: string) => ask(`${BASE}${path}`);
  const patch = (serial: string, body: object) =>
    ask('-X', 'PATCH', '-d', JSON.stringify(body), `${BASE}/api/v1/hosts/${serial}`);
  const isHealthy = async () => (await get('/health')).startsWith('200');
  const troubles = async () =>
    (JSON.parse((await get('/ready')).slice(4)) as { troubles: string[] }).troubles;
  const stateOf = async (serial: string) => /"state":"(\w+)"/.exec(await get(`/api/v1/hosts/${serial}`))?.[1];
  const lease = () =>
    lab.onClient('udhcpc', '-i', 'eth0', '-n', '-q', '-t', '5', '-T', '1', '-f', '-s', '/bin/true');

  /** All that machines need that are known. */
  async function expectBootsGoOn(): Promise<void> {
    const { stderr } = await lease();
    expect(stderr).to.match(/lease of \S+ obtained/);
    const loader = await lab.onClient('curl', '-s', `tftp://${SERVER}/ipxe.efi`);
    expect(loader.stdout === 'ipxe.efi'.repeat(1000), 'a loader by TFTP').to.equal(true);
    expect(await get('/boot.ipxe')).to.match(/^200 #!ipxe/);
    expect(await get('/ipxe?serial=run1')).to.match(/^200 #!ipxe[^]*sanboot/);
    expect(await get('/ipxe?serial=new1')).to.match(/^200 #!ipxe[^]*kernel/);
    expect(await get('/images/new1/vmlinuz')).to.equal('200 the vmlinuz of a test');
  }

  it('is not opened twice: the second daemon leaves within a second and names the first', async () => {
    const start = async (...words: string[]) => {
      const began = performance.now();
      const finished = await lab.onServer(resolve('bin/imago'), '--config', lab.configFile, ...words);
      return { ...finished, milliseconds: performance.now() - began };
    };
    const toLoad = (await start('--check-config')).milliseconds;
    const second = await start();
    expect(second.status).to.equal(1);
    const [, owner = ''] = /is in use by another imago \(process (\d+), started/.exec(second.stderr) ?? [];
    expect(readFileSync(`/proc/${owner}/cmdline`, 'utf8')).to.include('imago');
    expect(second.milliseconds - toLoad).to.be.below(1000);
    expect(await isHealthy()).to.equal(true);
  });

  it('is opened again at once after SIGKILL, whatever locks its owner and a dead git left', async () => {
    await lab.stop('SIGKILL');
    expect(readFileSync(inGit('imago/owner'), 'utf8')).to.match(/^process \d+/);
    for (const lock of ['index.lock', 'refs/heads/main.lock']) writeFileSync(inGit(lock), '');
    const old = new Date(Date.now() - 3_600_000).toISOString();
    execFileSync('touch', ['-d', old, inGit('index.lock'), inGit('refs/heads/main.lock')]);
    await lab.start();
    expect(await patch('run1', { cabinet: 3 })).to.match(/^200/);
    await untilTrue(async () => git('status', '--porcelain') === '');
    expect(git('fsck', '--full', '--strict')).to.equal('');
  });

  const failures: {
    name: string;
    fail: () => Promise<void>;
    mend: () => void;
    status: number;
    says: RegExp;
  }[] = [
    {
      name: 'full',
      fail: () => Promise.resolve([disk, state].forEach(fill)),
      mend: () => [disk, state].forEach(empty),
      status: 507,
      says: /no space left/,
    },
    {
      name: 'read-only',
      fail: () =>
        untilTrue(() => {
          try {
            mount('-o', 'remount,ro', disk);
            return Promise.resolve(true);
          } catch {
            return Promise.resolve(false); // while a file is being written
          }
        }),
      mend: () => mount('-o', 'remount,rw', disk),
      status: 503,
      says: /read-only file system/i,
    },
  ];
  for (const { name, fail, mend, status, says } of failures) {
    it(`on a disk that is ${name} refuses changes with ${status} and red health, serves on, and recovers by itself`, async () => {
      await fail();
      try {
        const refused = await patch('run1', { hostname: `while-${name}` });
        expect(refused.slice(0, 3)).to.equal(String(status));
        expect(refused).to.match(says).and.to.include('"code":"STORE_UNAVAILABLE"');
        expect(await get('/health')).to.match(/^503 .*"healthy":false/);
        expect((await troubles()).join()).to.match(says);
        const stranger = await ask('-D', '-', `${BASE}/ipxe?serial=stranger-${name}`);
        expect(stranger)
          .to.match(/^503/)
          .and.to.match(/retry-after: \d+/i);
        await expectBootsGoOn();
        const check = await lab.onServer(resolve('bin/imagoctl'), '--no-tls', 'check');
        expect([check.status, says.test(check.stdout + check.stderr)]).to.deep.equal([1, true]);
      } finally {
        mend();
      }
      await untilTrue(isHealthy);
      expect(await troubles()).to.deep.equal([]);
      expect(await get('/api/v1/hosts/run1')).not.to.include(`while-${name}`);
      expect(await patch('run1', { hostname: `after-${name}` })).to.match(/^200/);
      expect(git('log', '-1', '--format=%s').trim()).to.equal('run1: updated host name');
      expect(git('fsck', '--full', '--strict')).to.equal('');
    });
  }

  it('goes through jumps of the clock, by hours and by years, with its history in order', async () => {
    const offsets = [3 * 3600, -3 * 3600, 20 * 365 * 86_400, -10 * 365 * 86_400, 0];
    for (const [index, seconds] of offsets.entries()) {
      writeFileSync(join(lab.folder, 'clock'), String(seconds));
      await untilTrue(async () => (await patch('run1', { cabinet: 100 + index })).startsWith('200'));
      await expectBootsGoOn();
      expect(await isHealthy()).to.equal(true);
    }
    const { stdout } = await lab.onServer(resolve('bin/imagoctl'), '--no-tls', 'history', 'run1', '--json');
    const history = JSON.parse(stdout) as { commit: string; time: string; what: string }[];
    const latest = history.slice(0, offsets.length).reverse();
    const years = latest.map(({ time }) => new Date(time).getUTCFullYear() - new Date().getUTCFullYear());
    expect(years).to.satisfy(([, , ahead = 0, behind = 0]: number[]) => ahead >= 19 && behind <= -9);
    expect(history.map(({ commit }) => commit)).to.deep.equal(
      git('log', '--format=%H', '--', hostPath('run1' as Serial))
        .trim()
        .split('\n'),
    );
    const timeline = await get('/api/v1/hosts/run1/timeline');
    expect(timeline)
      .to.match(/^200/)
      .and.not.to.match(/"seconds":-/);
    expect(await stateOf('run1')).to.equal('running');
    await lab.stop();
    await lab.start();
    expect(git('fsck', '--full', '--strict')).to.equal('');
  });

  const damages: { name: string; damage: () => void; named: RegExp | undefined }[] = [
    {
      name: 'a branch that holds garbage',
      damage: () => writeFileSync(inGit('refs/heads/main'), Buffer.alloc(41)),
      named: /refs\/heads\/main does not hold a commit id.*the newest commit that is whole/,
    },
    {
      name: 'a damaged object',
      damage: () => spoilNewestPack(inGit('objects/pack')),
      named: /\.pack is damaged.*the newest commit that is whole/,
    },
    {
      name: 'a damaged file of a machine',
      damage: () => writeFileSync(join(cluster(), hostPath('run1' as Serial)), Buffer.alloc(300)),
      named: undefined,
    },
    {
      name: 'a damaged index of git',
      damage: () => writeFileSync(inGit('index'), 'garbage'),
      named: undefined,
    },
  ];
  for (const { name, damage, named } of damages) {
    it(`with ${name} starts, ${named ? 'names it, ' : 'mends it, '}and has every machine`, async () => {
      const before = await get('/admin/hosts');
      await lab.stop();
      damage();
      const from = lab.log().length;
      await lab.start();
      if (named) {
        expect((await troubles()).join()).to.match(named);
        expect(lab.log().slice(from)).to.match(named);
      }
      expect(await isHealthy(), 'changes can be recorded').to.equal(true);
      expect(await get('/admin/hosts')).to.equal(before);
      await expectBootsGoOn();
      await lab.stop();
      await lab.start();
      expect(await troubles()).to.deep.equal([]);
      expect(git('status', '--porcelain')).to.equal('');
    });
  }
});

function mount(...words: string[]): void {
  execFileSync('mount', words, { stdio: ['ignore', 'ignore', 'pipe'] });
}

/** To the last byte. */
function fill(folder: string): void {
  for (const bytes of [65_536, 1]) {
    try {
      for (let number = 0; ; number += 1)
        writeFileSync(join(folder, `filler-${bytes}-${number}`), Buffer.alloc(bytes));
    } catch (error) {
      expect(error).to.have.property('code', 'ENOSPC');
    }
  }
}

function empty(folder: string): void {
  for (const name of readdirSync(folder)) if (name.startsWith('filler')) rmSync(join(folder, name));
}

function spoilNewestPack(folder: string): void {
  const [newest = ''] = readdirSync(folder)
    .filter((name) => name.endsWith('.pack'))
    .map((name) => join(folder, name))
    .sort((a, b) => statSync(b).mtimeMs - statSync(a).mtimeMs);
  const bytes = readFileSync(newest);
  chmodSync(newest, 0o644);
  writeFileSync(newest, bytes.fill(0xaa, 12, bytes.length - 20));
}
