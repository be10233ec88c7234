import { chmodSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { execa } from 'execa';
import { DaemonLab } from '../support/daemon-lab.js';

const URL = 'http://10.75.0.1:4080';

describe('A10: the unit for systemd', () => {
  it('leaves little that could be misused: an exposure of 3.0 at most', async () => {
    const words = ['security', '--offline=true', '--threshold=30', '--no-pager', 'deploy/imago.service'];
    const { stdout } = await execa('systemd-analyze', words);
    expect(stdout).to.include('Overall exposure level for imago.service');
  });

  it('makes the folder of the socket, has files for its user alone, and writes no memory to disk', () => {
    const unit = readFileSync('deploy/imago.service', 'utf8').split('\n');
    expect(unit).to.include.members(['RuntimeDirectory=imago', 'UMask=0077', 'LimitCORE=0', 'User=imago']);
  });
});

describe('A10: imago that gives up root once its ports are open', function () {
  this.timeout(60_000);
  let lab: DaemonLab;

  before(async () => {
    lab = await DaemonLab.create('user');
    // mkdtemp makes folders that only root passes.
    chmodSync(lab.folder, 0o755);
    lab.configure((text) => `${text}\nprocess: { user: nobody }\n`);
    await lab.start({ codeAt: '/mnt' });
  });
  after(() => lab.remove());

  it('keeps no right of root, in none of its threads', () => {
    const threads = readdirSync(`/proc/${lab.pid}/task`).map((task) => {
      const status = readFileSync(`/proc/${lab.pid}/task/${task}/status`, 'utf8');
      const [, uids] = /^Uid:\t(.*)$/m.exec(status) ?? [];
      const [, capabilities] = /^CapEff:\t(.*)$/m.exec(status) ?? [];
      return { isRoot: uids?.split('\t').includes('0'), capabilities };
    });
    expect(threads.length).to.be.above(4);
    for (const thread of threads)
      expect(thread).to.deep.equal({ isRoot: false, capabilities: '0000000000000000' });
  });

  it('gives a machine its address, its loader and its place', async () => {
    const leased = await lab.onClient('udhcpc', '-i', 'eth0', '-n', '-q', '-f', '-s', '/bin/true');
    expect(leased.stderr).to.include('lease of 10.75.0.1');
    await lab.onClient('ip', 'addr', 'add', '10.75.0.100/24', 'dev', 'eth0');
    const loader = await lab.onClient('curl', '-s', 'tftp://10.75.0.1/undionly.kpxe');
    expect(loader.stdout).to.equal('undionly.kpxe'.repeat(1000));
    const script = await lab.onClient('curl', '-s', `${URL}/ipxe?serial=ser0001`);
    expect(script.stdout).to.include('vmlinuz');
    expect((await lab.onServer('curl', '-s', `${URL}/health`)).stdout).to.include('"healthy":true');
  });

  it('A10: shows its memory and its environment to no other process of its user', () => {
    expect(statSync(`/proc/${lab.pid}/environ`).uid).to.equal(0);
    expect(readFileSync(`/proc/${lab.pid}/limits`, 'utf8')).to.match(/^Max core file size +0 +0 /m);
  });

  it('takes up its configuration anew', () => lab.signalled('SIGHUP', 'the configuration was reloaded'));

  it('leaves nothing that it keeps open to other users', () => {
    const modeOf = (path: string) => (statSync(join(lab.folder, path)).mode & 0o777).toString(8);
    const ownerOf = (path: string) => statSync(join(lab.folder, path)).uid;
    expect(modeOf('clusters/sandbox')).to.equal('750');
    expect(modeOf('var')).to.equal('750');
    expect(modeOf('clusters/sandbox/cluster.json')).to.equal('640');
    expect(modeOf('var/sandbox.leases')).to.equal('640');
    for (const path of ['clusters/sandbox', 'clusters/sandbox/cluster.json', 'var/sandbox.leases'])
      expect(ownerOf(path), path).to.equal(65534);
  });

  it('keeps what whoever starts it forbids to the group, too', async () => {
    expect(await lab.stop()).to.equal(0);
    const before = process.umask(0o077);
    try {
      rmSync(join(lab.folder, 'clusters'), { recursive: true });
      await lab.start({ codeAt: '/mnt' });
    } finally {
      process.umask(before);
    }
    expect(statSync(join(lab.folder, 'clusters/sandbox')).mode & 0o777).to.equal(0o700);
    expect(statSync(join(lab.folder, 'clusters/sandbox/cluster.json')).mode & 0o777).to.equal(0o600);
    await lab.onServer('curl', '-s', `${URL}/ipxe?serial=ser0001&mac=52-54-00-00-00-01`);
  });

  it('does not start where every user of the server could write its files', async () => {
    await lab.stop();
    chmodSync(join(lab.folder, 'var'), 0o777);
    const refused = await lab.start({ codeAt: '/mnt' }).catch((error: unknown) => String(error));
    chmodSync(join(lab.folder, 'var'), 0o750);
    expect(refused).to.include(`${join(lab.folder, 'var')} has the mode 777`);
    await lab.start({ codeAt: '/mnt' });
  });

  it('starts again with what the user wrote, and says so where there is no such user', async () => {
    expect(await lab.stop()).to.equal(0);
    await lab.start({ codeAt: '/mnt' });
    expect((await lab.onServer('curl', '-s', `${URL}/api/v1/hosts/ser0001`)).stdout).to.include('ser0001');
    await lab.stop();
    lab.configure((text) => `${text}\nprocess: { user: no-such-user }\n`);
    const refused = await lab.start().catch((error: unknown) => String(error));
    expect(refused).to.include('imago cannot become no-such-user: there is no such user');
  });
});
