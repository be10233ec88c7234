import { appendFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { expect } from 'chai';
import { DaemonLab } from '../support/daemon-lab.js';

const RACK = resolve('dist/test/support/boot-rack.js');
const URL = 'http://10.75.0.1:4080';
const MACHINES = 40;

describe('a rack of machines at once', function () {
  this.timeout(120_000);
  let lab: DaemonLab;

  before(async () => {
    lab = await DaemonLab.create('rack');
    // All of them ask from one address, which imago did not lease.
    appendFileSync(lab.configFile, 'newHosts: { perAddressPerHour: 0, requireLease: false }\n');
    await lab.start();
    await lab.onClient('ip', 'addr', 'add', '10.75.0.250/24', 'dev', 'eth0');
  });
  after(() => lab.remove());

  it('boots, each call of each machine answered, though every answer is lost once', async () => {
    const { status, stdout, stderr } = await lab.onClient(process.execPath, RACK, URL, String(MACHINES));
    expect([status, stdout, stderr]).to.deep.equal([0, '', '']);
  });

  it('is running, with an address each', async () => {
    const { stdout } = await lab.onServer('curl', '-s', `${URL}/admin/hosts`);
    const hosts = JSON.parse(stdout) as { State: string; InternalAddr: string }[];
    expect(hosts.map(({ State }) => State)).to.deep.equal(Array(MACHINES).fill('running'));
    expect(new Set(hosts.map(({ InternalAddr }) => InternalAddr))).to.have.length(MACHINES);
  });

  it('has left one commit for each step of each machine', async () => {
    for (const number of [0, 17, MACHINES - 1]) {
      const { stdout } = await lab.git('log', '--reverse', '--format=%s', `--grep=^rack-${number}: `);
      const steps = [
        'host created',
        'updated host InternalAddr',
        'updated host profile and metadata',
        'set default etcd discovery token',
        'collected host mac addresses',
        'updated host connected nic',
        'updated host state to installing',
        'updated state to installed',
        'updated state to running',
      ];
      expect(stdout.trimEnd().split('\n')).to.deep.equal(steps.map((step) => `rack-${number}: ${step}`));
    }
    expect((await lab.git('rev-list', '--count', 'HEAD')).stdout.trim()).to.equal(String(1 + 9 * MACHINES));
  });

  it('finds its files with curl: whole, in part, resumed, by head', async () => {
    const kernel = `${URL}/images/rack-0/vmlinuz`;
    const curl = async (...words: string[]) => (await lab.onClient('curl', '-s', ...words, kernel)).stdout;
    expect(await curl()).to.equal('the vmlinuz of a test');
    expect(await curl('-r', '4-10')).to.equal('vmlinuz');
    expect(await curl('-C', '4')).to.equal('vmlinuz of a test');
    expect(await curl('-I'))
      .to.match(/^HTTP\/1\.1 200 OK\r\n/)
      .and.match(/^content-length: 21\r$/im);
  });

  it('shows in one list what it does', async () => {
    const listed = await lab.onServer(resolve('bin/imagoctl'), 'list');
    expect(listed.stdout.match(/running/g)).to.have.length(MACHINES);
  });
});
