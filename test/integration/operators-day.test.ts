import { execFileSync } from 'node:child_process';
import { readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { DaemonLab } from '../support/daemon-lab.js';
import { OperatorsShell } from '../support/operators-shell.js';

/** The commands of a page: what is indented by four, a line each. */
function commandsOf(page: string): string[] {
  return readFileSync(page, 'utf8')
    .split('\n')
    .filter((line) => /^ {4}(imago|imagoctl|mayuctl|git|printf) /.test(line))
    .map((line) => line.trim());
}

describe('the operator’s day in docs', function () {
  this.timeout(300_000);
  let lab: DaemonLab;
  let shell: OperatorsShell;

  before(async () => {
    lab = await DaemonLab.create('day');
    shell = new OperatorsShell(lab);
    await lab.start();
  });
  after(() => lab.remove());

  it('is run as it stands', async () => {
    for (const command of commandsOf('docs/operators-day.md')) {
      if (/^imagoctl (wait|list$)/.test(command)) await installAll();
      const { status, stdout, stderr } = await shell.type(command);
      expect(status, `${command}\n${stdout}${stderr}`).to.equal(0);
    }
  });

  /** Machines that are to be installed are. */
  async function installAll(): Promise<void> {
    const { stdout } = await shell.type('imagoctl list --no-legend --fields serial,state');
    const waiting = stdout.split('\n').flatMap((line) => /^(\S+) +configured/.exec(line)?.[1] ?? []);
    for (const serial of waiting) expect(await shell.installs(serial), serial).to.include({ status: 0 });
  }

  it('ends with what it says: the mistake is undone, the retired machine gone', async () => {
    const { stdout } = await shell.type('imagoctl list --no-legend --fields serial,profile,state,cabinet');
    expect(stdout.trimEnd().split(/ +|\n/)).to.deep.equal(['4vx9z52', 'core', 'running', '7']);
  });

  it('starts from the copy on a new server', async () => {
    await lab.stop();
    const cluster = join(lab.folder, 'clusters/sandbox');
    rmSync(cluster, { recursive: true });
    rmSync(join(lab.folder, 'var'), { recursive: true, force: true });
    expect(await shell.type('imagoctl restore backup.bundle')).to.include({ status: 0, stderr: '' });
    await lab.start();
    const { stdout } = await shell.type('imagoctl list --no-legend --fields serial,state');
    expect(stdout).to.match(/^4vx9z52 +running\n$/);
    execFileSync('git', ['-C', cluster, 'fsck', '--strict'], { stdio: 'pipe' });
  });
});
