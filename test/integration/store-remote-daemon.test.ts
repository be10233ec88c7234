import { expect } from 'chai';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import type { Serial } from '../../src/host/serial.js';
import { hostPath } from '../../src/store/layout.js';
import { untilTrue } from '../support/cluster-folder.js';
import { DaemonLab } from '../support/daemon-lab.js';
import { SshServer } from '../support/ssh-server.js';

const BASE = 'http://10.75.0.1:4080';

/** By the configuration, with a daemon that runs and an SSH server that others wrote. */
describe('the repository of store.remote', function () {
  this.timeout(120_000);
  let outside: string;
  let lab: DaemonLab;
  let ssh: SshServer;

  before(async () => {
    outside = mkdtempSync(join(tmpdir(), 'imago-elsewhere-'));
    gitIn(outside, 'init', '-q', '--bare', '-b', 'reviewed', 'bare.git');
    lab = await DaemonLab.create('remote');
    ssh = new SshServer(join(outside, 'ssh'), lab.server);
    await ssh.start();
    configure(ssh.url(bare()), 'pushSeconds: 1, pullSeconds: 1');
    await lab.start();
  });
  after(async () => {
    await ssh.stop();
    await lab.remove();
    rmSync(outside, { recursive: true });
  });

  const bare = () => join(outside, 'bare.git');
  const curl = async (...words: string[]) => (await lab.onServer('curl', '-s', ...words)).stdout;
  const ready = async () => JSON.parse(await curl(`${BASE}/ready`)) as { troubles: string[] };
  const headOf = (folder: string, branch: string) =>
    gitIn(folder, 'for-each-ref', '--format=%(objectname)', `refs/heads/${branch}`);
  const imagoctl = (...words: string[]) => lab.onServer(resolve('bin/imagoctl'), ...words);
  const isPushed = () =>
    untilTrue(async () => headOf(bare(), 'reviewed') === (await lab.git('rev-parse', 'HEAD')).stdout);

  function configure(url: string, schedule: string): void {
    const remote = `{ url: '${url}', branch: reviewed, ${schedule}, sshKey: '${ssh.clientKey}', knownHosts: ${ssh.knownHosts} }`;
    lab.configure((text) => `${text}\nstore:\n  remote: ${remote}\n`);
  }

  /** A colleague's reviewed commit. */
  function commitThere(from: RegExp | string, to: string): void {
    const work = mkdtempSync(join(outside, 'work-'));
    gitIn(outside, 'clone', '-q', '-b', 'reviewed', bare(), work);
    const file = join(work, hostPath('ser1' as Serial));
    writeFileSync(file, readFileSync(file, 'utf8').replace(from, to));
    gitIn(work, 'commit', '-q', '-am', 'reviewed');
    gitIn(work, 'push', '-q', 'origin', 'reviewed');
  }

  it('gets every commit over ssh, and its branch made', async () => {
    await curl(`${BASE}/ipxe?serial=ser1`);
    await isPushed();
    expect(gitIn(bare(), 'log', '--format=%s', 'reviewed')).to.include('ser1: host created');
    expect(await curl(`${BASE}/metrics`)).to.match(
      /imago_store_exchanges_total\{direction="push",outcome="done"\} [1-9]/,
    );
    expect((await ready()).troubles).to.deep.equal([]);
  });

  it('gives reviewed changes, which watchers are told', async () => {
    commitThere('"State"', '"Cabinet": 7,\n  "State"');
    await untilTrue(async () => (await curl(`${BASE}/api/v1/hosts/ser1`)).includes('"cabinet":7'));
    const events = await imagoctl('events');
    expect(events.stdout)
      .to.include('pulled changes to 1 machine')
      .and.to.match(/ser1 .*\(Anna\)/);
    await isPushed();
  });

  it('has what is no valid host refused, with file and line, until it is put right', async () => {
    commitThere('"State": "configured"', '"State": "flying"');
    const refused = async () => (await ready()).troubles.join();
    await untilTrue(async () => (await refused()).includes('flying'));
    expect(await refused()).to.match(
      /a change made elsewhere is not taken in: hosts\/\S+\/ser1\/conf\.json:\d+: State: 'flying' is not a state/,
    );
    const check = await imagoctl('check');
    expect([check.status, check.stdout + check.stderr]).to.deep.include(1);
    expect(check.stdout + check.stderr).to.include("'flying' is not a state");
    expect(await curl(`${BASE}/api/v1/hosts/ser1`)).to.include('"state":"configured"');
    await isPushed();
    await lab.stop();
    await lab.start();
    expect(await refused(), 'also after a restart').to.include('flying');
    commitThere('"Cabinet": 7', '"Cabinet": 8');
    await untilTrue(async () => (await refused()) === '');
    expect(await curl(`${BASE}/api/v1/hosts/ser1`)).to.include('"cabinet":8');
  });

  it('is not taken from while it holds other files, which a push would remove', async () => {
    await isPushed();
    const work = mkdtempSync(join(outside, 'work-'));
    gitIn(outside, 'clone', '-q', '-b', 'reviewed', bare(), work);
    writeFileSync(join(work, 'README'), 'of the team');
    gitIn(work, 'add', 'README');
    gitIn(work, 'commit', '-q', '-m', 'a README');
    gitIn(work, 'push', '-q', 'origin', 'reviewed');
    await untilTrue(async () =>
      (await ready()).troubles.join().includes("holds 'README' beside the machines"),
    );
    await curl(`${BASE}/ipxe?serial=ser4`);
    expect(gitIn(bare(), 'show', '--stat', 'reviewed')).to.include('README');
    gitIn(work, 'rm', '-q', 'README');
    gitIn(work, 'commit', '-q', '-m', 'no README');
    gitIn(work, 'push', '-q', 'origin', 'reviewed');
    await untilTrue(async () => (await ready()).troubles.length === 0);
    await isPushed();
  });

  it('is told of by health while it is not to be had, and machines are served on', async () => {
    await isPushed();
    await ssh.stop();
    await untilTrue(async () => /git (push|fetch) failed/.test((await ready()).troubles.join()));
    expect(await curl(`${BASE}/ipxe?serial=ser2`)).to.match(/^#!ipxe/);
    expect(await curl('-o', '/dev/null', '-w', '%{http_code}', `${BASE}/health`)).to.equal('200');
    await ssh.start();
    await untilTrue(async () => (await ready()).troubles.length === 0);
    await isPushed();
    expect((await imagoctl('events')).stdout).to.include('push works again');
    expect(lab.log()).to.include('exchange with the repository elsewhere failed');
  });

  it('is another one after a reload', async () => {
    const other = join(outside, 'other.git');
    gitIn(outside, 'init', '-q', '--bare', '-b', 'reviewed', other);
    configure(other, 'pushSeconds: 1');
    expect((await imagoctl('reload')).stderr).to.equal('');
    await untilTrue(async () => gitIn(other, 'branch').includes('reviewed'));
    configure(ssh.url(bare()), 'pushSeconds: 1');
    expect((await imagoctl('reload')).stderr).to.equal('');
    await curl(`${BASE}/ipxe?serial=ser3`);
    await isPushed();
    expect(headOf(other, 'reviewed'), 'no longer').not.to.equal(headOf(bare(), 'reviewed'));
  });

  it('is refused as a whole when it is configured wrongly', async () => {
    lab.configure((text) => `${text}\nstore:\n  remote: { url: 'https://me:secret@example.org/x.git' }\n`);
    const refused = await imagoctl('reload');
    expect(refused.status).to.equal(1);
    expect(refused.stderr).to.include('holds a password').and.to.include('neither pushed to nor pulled from');
  });
});

function gitIn(directory: string, ...words: string[]): string {
  return execFileSync('git', ['-c', 'user.name=Anna', '-c', 'user.email=anna@example.org', ...words], {
    cwd: directory,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'pipe'],
  });
}
