import { expect } from 'chai';
import type { ApiHost } from '../../src/api/schemas.js';
import type { PendingMachine } from '../../src/api/pending.js';
import { Lab } from '../../sandbox/lab.js';
import { removeLeftovers } from '../../sandbox/leftovers.js';
import type { Machine } from '../../sandbox/machine.js';

const BOOT_MS = 240_000;
const INSTALLATION_MS = 480_000;

const common = {
  osVersion: 'sandbox',
  boot: { kernelArguments: ['console=ttyS0'] },
  install: { disk: { choose: 'smallest', minGigabytes: 0.1 } },
};
/** Only an installer knows of disks, and iPXE under UEFI not even of memory. */
const profiles = [
  { ...common, name: 'large', match: { product: 'sandbox', disks: { largest: { minGigabytes: 1 } } } },
  {
    ...common,
    name: 'small',
    boot: { kernelArguments: ['console=ttyS0', 'role=small'] },
    match: { memory: { maxGigabytes: 1 }, disks: { minCount: 1, maxCount: 1, largest: { maxGigabytes: 1 } } },
  },
  { ...common, name: 'default' },
];

describe('a machine that nobody named, from power-on to running', () => {
  let lab: Lab;
  let machine: Machine;
  let serial: string;

  before(async function () {
    this.timeout(60_000);
    await removeLeftovers();
    lab = await Lab.build();
    await lab.startImago({ 'newHosts.mode': 'pending', profiles });
    machine = await lab.addMachine(1, 'uefi');
    serial = machine.spec.serial.toLowerCase();
    await machine.powerOn();
  });
  after(async function () {
    this.timeout(60_000);
    await lab?.close();
  });

  const pending = async () => JSON.parse(await lab.imagoctl('pending', '--json')) as PendingMachine[];
  const host = async () => JSON.parse(await lab.imagoctl('status', serial, '--json')) as ApiHost;

  it('waits with its code on its console', async function () {
    this.timeout(BOOT_MS);
    await lab.until('it waits', BOOT_MS - 10_000, async () => (await pending()).length === 1);
    const [waiting] = await pending();
    expect(waiting).to.include({ serial, mac: machine.spec.mac, isLeased: true });
    expect(waiting?.hardware).to.include({ manufacturer: 'imago', product: 'sandbox' });
    const words = `code ${waiting?.code}: an operator has to accept this machine`;
    await lab.until('its console says so', 30_000, async () => (await machine.console()).includes(words));
    expect(await lab.log(serial)).to.deep.equal([]);
  });

  it('goes on by itself once it is accepted, with a tentative profile', async function () {
    this.timeout(30_000);
    const [waiting] = await pending();
    expect(await lab.imagoctl('accept', waiting?.code ?? '')).to.include(
      `${serial}: accepted, 10.75.0.10, profile default until its installer tells more`,
    );
  });

  it('tells its disks before it is installed, boots the installer of its own profile, and runs', async function () {
    this.timeout(INSTALLATION_MS);
    await lab.until(
      'it is running',
      INSTALLATION_MS - 10_000,
      async () => (await host()).state === 'running',
    );
    const { profile, isProfileTentative, hardware } = await host();
    expect([profile, isProfileTentative]).to.deep.equal(['small', undefined]);
    expect(hardware?.disks?.map(({ name, bytes }) => [name, bytes])).to.deep.equal([
      ['vda', 512 * 1024 * 1024],
    ]);
    const console = await machine.console();
    expect(console).to.include('the profile of this machine hangs on what it is made of: telling imago');
    expect(console).to.include(
      'the profile of this machine is small, which boots another installer: booting again',
    );
    expect(console.match(/imago-sandbox: kernel \S+ installer/g)).to.have.length(2);
  });
});
