import { expect } from 'chai';
import { DaemonLab } from '../support/daemon-lab.js';
import { BASE, OperatorsShell } from '../support/operators-shell.js';

describe('profiles of a running daemon', function () {
  this.timeout(120_000);
  let lab: DaemonLab;
  let shell: OperatorsShell;

  before(async () => {
    lab = await DaemonLab.create('prof');
    shell = new OperatorsShell(lab);
    await lab.start();
  });
  after(() => lab.remove());

  /** The profile that a machine is given which nobody has seen. */
  async function profileOfNew(serial: string): Promise<string> {
    await shell.type(`curl -sf '${BASE}/ipxe?serial=${serial}'`);
    const { stdout } = await shell.type(`curl -sf ${BASE}/api/v1/hosts/${serial}`);
    return (JSON.parse(stdout) as { profile: string }).profile;
  }

  async function reload(change: (text: string) => string): Promise<void> {
    // The level of the log stays: to change it takes a restart.
    lab.configure((text) => change(text.replace('level: info', 'level: debug')));
    expect(await shell.type('imagoctl reload')).to.include({ status: 0, stderr: '' });
  }

  it('take as many machines as they say, then the next one does', async () => {
    expect([await profileOfNew('m1'), await profileOfNew('m2')]).to.deep.equal(['core', 'default']);
  });

  it('take more once their quantity was raised, and no more when it was lowered below what they have', async () => {
    await reload((text) => text.replace('quantity: 1', 'quantity: 2'));
    expect([await profileOfNew('m3'), await profileOfNew('m4')]).to.deep.equal(['core', 'default']);
    await reload((text) => text.replace('quantity: 1', 'quantity: 1'));
    expect(await profileOfNew('m5')).to.equal('default');
    expect((await shell.type('imagoctl list --no-legend --profile core --fields serial')).stdout).to.equal(
      'm1\nm3\n',
    );
  });

  it('that are added take the next machine', async () => {
    const added = 'profiles:\n  - { name: extra, quantity: 1, tags: [role=extra], osVersion: sandbox }\n';
    await reload((text) => text.replace(/^profiles:\n/m, added));
    expect([await profileOfNew('m6'), await profileOfNew('m7')]).to.deep.equal(['extra', 'default']);
  });

  it('change places: the tags of the old one go, its own stay', async () => {
    const type = async (command: string) => {
      const { status, stderr } = await shell.type(command);
      expect(status, stderr).to.equal(0);
    };
    await type('imagoctl set m2 metadata rack=7');
    await type('imagoctl set m2 profile core --yes');
    const { stdout } = await shell.type('imagoctl status m2 --json');
    expect(JSON.parse(stdout)).to.deep.include({ profile: 'core', metadata: ['rack=7', 'role=core'] });
  });
});
