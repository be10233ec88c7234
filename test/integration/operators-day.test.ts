import { execFileSync } from 'node:child_process';
import { readFileSync, renameSync, rmSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { expect } from 'chai';
import { DaemonLab, type Finished } from '../support/daemon-lab.js';

const BASE = 'http://10.75.0.1:4080';

/** The commands of a page: what is indented by four, a line each. */
function commandsOf(page: string): string[] {
  return readFileSync(page, 'utf8')
    .split('\n')
    .filter((line) => /^ {4}(imago|imagoctl|mayuctl|git|printf) /.test(line))
    .map((line) => line.trim());
}

describe('the operator’s day in docs', function () {
  this.timeout(120_000);
  let lab: DaemonLab;

  before(async () => {
    lab = await DaemonLab.create('day');
    await lab.start();
  });
  after(() => lab.remove());

  /** As an operator in the folder of the installation types it. */
  const type = (command: string): Promise<Finished> =>
    lab.onServer(
      'env',
      '-C',
      lab.folder,
      `PATH=${resolve('bin')}:${process.env['PATH'] ?? ''}`,
      'sh',
      '-c',
      command,
    );

  /** A machine's whole way, by the calls that it makes. */
  const installs = (serial: string): Promise<Finished> => {
    const report = JSON.stringify({ Serial: serial, NetDevs: [], IPMIAddress: '', ConnectedNIC: 'eth0' });
    return type(
      [
        `curl -sf '${BASE}/ipxe?serial=${serial}' >/dev/null`,
        `curl -sf -d '${report}' ${BASE}/final-ignition-config.json >/dev/null`,
        `curl -sf -X PUT ${BASE}/admin/host/${serial}/set_installed`,
        `curl -sf -X PUT ${BASE}/admin/host/${serial}/boot_complete`,
      ].join(' && '),
    );
  };

  it('is run as it stands', async () => {
    for (const command of commandsOf('docs/operators-day.md')) {
      if (/^imagoctl (wait|list$)/.test(command)) await installAll();
      const { status, stdout, stderr } = await type(command);
      expect(status, `${command}\n${stdout}${stderr}`).to.equal(0);
    }
  });

  /** Machines that are to be installed are. */
  async function installAll(): Promise<void> {
    const { stdout } = await type('imagoctl list --no-legend --fields serial,state');
    const waiting = stdout.split('\n').flatMap((line) => /^(\S+) +configured/.exec(line)?.[1] ?? []);
    for (const serial of waiting) expect(await installs(serial), serial).to.include({ status: 0 });
  }

  it('ends with what it says: the mistake is undone, the retired machine gone', async () => {
    const { stdout } = await type('imagoctl list --no-legend --fields serial,profile,state,cabinet');
    expect(stdout.trimEnd().split(/ +|\n/)).to.deep.equal(['4vx9z52', 'core', 'running', '7']);
  });

  it('starts from the copy on a new server', async () => {
    await lab.stop();
    const cluster = join(lab.folder, 'clusters/sandbox');
    rmSync(cluster, { recursive: true });
    renameSync(join(lab.folder, 'backup'), cluster);
    rmSync(join(lab.folder, 'var'), { recursive: true, force: true });
    await lab.start();
    const { stdout } = await type('imagoctl list --no-legend --fields serial,state');
    expect(stdout).to.match(/^4vx9z52 +running\n$/);
    execFileSync('git', ['-C', cluster, 'fsck', '--strict'], { stdio: 'pipe' });
  });
});
