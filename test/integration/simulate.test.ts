import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import type { Simulation } from '../../src/api/simulation.js';
import { DaemonLab } from '../support/daemon-lab.js';
import { BASE, OperatorsShell } from '../support/operators-shell.js';

const RELAYED = `dhcp:
  subnets:
    - { subnet: 10.80.0.0/24, range: { first: 10.80.0.100, last: 10.80.0.199 }, router: 10.80.0.1 }
`;

describe('imagoctl simulate boot against a running daemon', function () {
  this.timeout(120_000);
  let lab: DaemonLab;
  let shell: OperatorsShell;

  before(async () => {
    lab = await DaemonLab.create('sim');
    shell = new OperatorsShell(lab);
    lab.configure((text) => text.replace(/^dhcp:\n/m, RELAYED));
    writeFileSync(join(lab.folder, 'tftproot/snponly.efi'), 'snponly.efi'.repeat(1000));
    await lab.start();
  });
  after(() => lab.remove());

  async function simulate(words: string): Promise<{ status: number; simulation: Simulation }> {
    const { status, stdout, stderr } = await shell.type(`imagoctl simulate boot ${words} --json`);
    expect(stderr).to.equal('');
    return { status, simulation: JSON.parse(stdout) as Simulation };
  }

  const loaded = ({ steps }: Simulation) =>
    steps.flatMap(({ files }) => files.map(({ url, bytes }) => `${url} ${bytes}`));

  const installed = (serial: string) => [
    `${BASE}/images/${serial}/vmlinuz 21`,
    `${BASE}/images/${serial}/initrd.cpio.gz 28`,
    `${BASE}/images/${serial}/install_image.bin.bz2 35`,
  ];

  for (const { how, words, loader } of [
    { how: 'BIOS', words: '', loader: ['tftp://10.75.0.1/undionly.kpxe 13000'] },
    { how: 'UEFI', words: '--firmware uefi', loader: ['tftp://10.75.0.1/snponly.efi 11000'] },
    { how: 'UEFI HTTP', words: '--firmware uefi-http', loader: [`${BASE}/tftp/snponly.efi 11000`] },
    { how: 'iPXE', words: '--firmware ipxe', loader: [] },
    { how: 'a relay', words: '--relay 10.80.0.1', loader: ['tftp://10.75.0.1/undionly.kpxe 13000'] },
  ]) {
    it(`plays a new machine with ${how}, with each file that it would load`, async () => {
      const { status, simulation } = await simulate(`NEW1 ${words}`);
      expect(status, JSON.stringify(simulation.steps, undefined, 1)).to.equal(0);
      expect(loaded(simulation)).to.deep.equal([...loader, ...installed('new1')]);
    });
  }

  it('shows the address of the network behind the relay', async () => {
    const { simulation } = await simulate('NEW1 --relay 10.80.0.1');
    const dhcp = simulation.steps.find(({ step }) => step === 'dhcp');
    expect(dhcp?.answer).to.match(/^address 10\.80\.0\.1\d\d, /);
    expect(dhcp?.details).to.include('OFFER to 10.80.0.1, port 67');
  });

  it('recorded nothing: no host, no lease, no commit', async () => {
    expect((await shell.type(`curl -s ${BASE}/admin/hosts`)).stdout.trim()).to.equal('[]');
    expect((await shell.type(`curl -s ${BASE}/api/v1/leases`)).stdout).to.equal('{"leases":[]}');
    expect((await lab.git('log', '--format=%s')).stdout).to.not.include('host created');
  });

  it('shows the very script and configuration that the machine then gets', async () => {
    const { simulation } = await simulate('REAL1 --mac 52:54:00:00:00:0a');
    const textOf = (name: string) => simulation.steps.find(({ step }) => step === name)?.text;
    const ask = 'serial=REAL1&mac=52-54-00-00-00-0a&platform=pcbios&arch=i386';
    expect((await shell.type(`curl -sf '${BASE}/ipxe?${ask}'`)).stdout).to.equal(textOf('ipxe'));
    expect((await shell.type(`curl -sf ${BASE}/first-stage-script/real1`)).stdout).to.equal(
      textOf('first-stage'),
    );
    const report = { Serial: 'real1', NetDevs: [{ Name: 'eth0', MacAddress: '52:54:00:00:00:0a' }] };
    const posted = `curl -sf -d '${JSON.stringify(report)}' ${BASE}/final-ignition-config.json`;
    expect((await shell.type(posted)).stdout).to.equal(textOf('configuration'));
  });

  it('ends with status 1 where the machine would get stuck, and says where', async () => {
    const { status, stdout, stderr } = await shell.type('imagoctl simulate boot NEW2 --firmware arm64');
    expect(status).to.equal(1);
    expect(stdout).to.match(/FAULT: tftp:\/\/10\.75\.0\.1\/ipxe-arm64\.efi: .*put it there/);
    expect(stderr).to.equal('imagoctl: new2 would not get through: one fault, shown above\n');
    const stranger = await simulate('NEW2 --relay 10.99.0.1');
    expect(stranger.status).to.equal(1);
    expect(stranger.simulation.steps.some(({ fault }) => fault?.startsWith('DHCP does not answer'))).to.equal(
      true,
    );
  });
});
