import { expect } from 'chai';
import { execFileSync, spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { createInterface } from 'node:readline';
import { untilTrue } from '../support/cluster-folder.js';
import { DaemonLab } from '../support/daemon-lab.js';

const BASE = 'http://10.75.0.1:4080';
const LEASE_SECONDS = 600;
const FIXED = '10.75.0.42';
/** Takes the address that it gets, and tells of it. */
const SCRIPT = `#!/bin/sh
case "$1" in bound|renew) ip addr replace "$ip/24" dev "$interface"; echo "$1 $ip $lease" ;; esac
`;

/** A file system that takes itself out of service, as ext4 does after an error: everything open on it is read-only. */
describe('leases on a file system that becomes read-only', function () {
  this.timeout(120_000);
  let lab: DaemonLab;
  let state: string;
  let image: string;
  let isMounted = false;
  let installed: ChildProcess | undefined;

  before(async () => {
    lab = await DaemonLab.create('dhcpro');
    state = join(lab.folder, 'state');
    image = join(lab.folder, 'state.img');
    mkdirSync(state);
    sh('truncate', '-s', '32M', image);
    sh('mkfs.ext4', '-q', image);
    mount(image);
    lab.configure((text) =>
      text
        .replace('level: info', 'level: debug')
        .replace('state: var', 'state: state')
        .replace('leaseSeconds: 120', `leaseSeconds: ${LEASE_SECONDS}`),
    );
    for (const device of ['eth1', 'eth2']) await lab.wire(device);
    await lab.start();
    const mac = (await lab.onClient('cat', '/sys/class/net/eth1/address')).stdout.trim();
    const host = JSON.stringify({ serial: 'host1', mac, address: FIXED });
    expect(await get('/api/v1/hosts', '-H', 'Content-Type: application/json', '-d', host)).to.match(/^201/);
    writeFileSync(join(lab.folder, 'script'), SCRIPT, { mode: 0o755 });
  });
  after(async () => {
    installed?.kill();
    await lab.stop('SIGKILL');
    if (isMounted) unmount();
    await lab.remove();
  });

  function mount(disk: string): void {
    sh('mount', '-o', 'loop,errors=remount-ro', disk, state);
    isMounted = true;
  }

  function unmount(): void {
    sh('umount', '--lazy', state);
    isMounted = false;
  }

  function becomeReadOnly(): void {
    const device = execFileSync('findmnt', ['-no', 'SOURCE', state], { encoding: 'utf8' }).trim();
    writeFileSync(`/sys/fs/ext4/${basename(device)}/trigger_fs_error`, 'a test');
  }

  const get = async (path: string, ...words: string[]) =>
    (await lab.onServer('curl', '-s', '-w', '\n%{http_code}', ...words, BASE + path)).stdout.replace(
      /^([^]*)\n(\d+)$/,
      '$2 $1',
    );
  /** The address and the seconds that a machine is given when it is powered on. */
  async function powerOn(device: string): Promise<[address: string, seconds: number] | undefined> {
    const words = ['-i', device, '-n', '-q', '-f', '-t', '3', '-T', '1', '-s', '/bin/true'];
    const { stderr } = await lab.onClient('udhcpc', ...words);
    const [, address, seconds] = /lease of (\S+) obtained.*lease time (\d+)/.exec(stderr) ?? [];
    return address === undefined ? undefined : [address, Number(seconds)];
  }
  const endOf = async (address: string) => {
    const { leases } = JSON.parse((await get('/api/v1/leases')).slice(4)) as {
      leases: { address: string; expires: string }[];
    };
    return Date.parse(leases.find((lease) => lease.address === address)?.expires ?? '');
  };

  it('goes on with what is certain, says so, and after a crash no address is another’s', async () => {
    // An installed machine, which stays on and renews.
    const words = ['-i', 'eth0', '-f', '-t', '3', '-T', '1', '-s', join(lab.folder, 'script')];
    installed = spawn('ip', ['netns', 'exec', lab.client, 'udhcpc', ...words], {
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    if (installed.stdout === null) throw new Error('the client has no output');
    const lines = createInterface(installed.stdout);
    const [bound]: string[] = await once(lines, 'line');
    const [, known = ''] = /^bound (\S+) 600$/.exec(bound ?? '') ?? [];
    expect(known).to.match(/^10\.75\.0\.1\d\d$/);
    const end = await endOf(known);

    becomeReadOnly();
    expect(await powerOn('eth2'), 'a new machine').to.equal(undefined);
    expect(await get('/health')).to.match(/^503 .*"healthy":false.*leases cannot be written \(EROFS/);
    expect(await get('/metrics')).to.match(/^imago_dhcp_journal_stalled 1$/m);
    expect(await powerOn('eth1'), 'a host').to.deep.equal([FIXED, LEASE_SECONDS]);
    const asked = Date.now();
    installed.kill('SIGUSR1');
    const [renewed]: string[] = await once(lines, 'line');
    const [, seconds] = new RegExp(`^renew ${known} (\\d+)$`).exec(renewed ?? '') ?? [];
    expect(asked + Number(seconds) * 1000).to.be.within(end - 60_000, end);
    expect(await get('/api/v1/hosts/host1', '-X', 'PATCH', '-d', '{"cabinet":7}'), 'its store').to.match(
      /^200/,
    );

    await lab.stop('SIGKILL');
    unmount();
    // A copy, since the mount namespaces of others may hold on to the one that has failed.
    sh('cp', image, `${image}.2`);
    sh('sh', '-c', `e2fsck -fy ${image}.2 || test $? -eq 1`); // 1: mended
    mount(`${image}.2`);
    await lab.start();
    expect(await get('/health')).to.match(/^200/);
    const fresh = await powerOn('eth2');
    expect(fresh?.[0])
      .to.match(/^10\.75\.0\.1\d\d$/)
      .and.to.not.equal(known);
    expect(fresh?.[1]).to.equal(LEASE_SECONDS);
    installed.kill('SIGUSR1');
    expect(await once(lines, 'line')).to.deep.equal([`renew ${known} ${LEASE_SECONDS}`]);
    await untilTrue(async () => (await powerOn('eth1')) !== undefined);
    expect(lab.log().match(/"msg":"leases cannot be written/g)).to.have.length(1);
  });
});

function sh(command: string, ...words: string[]): void {
  execFileSync(command, words, { stdio: ['ignore', 'ignore', 'pipe'] });
}
