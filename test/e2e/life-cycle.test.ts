import { execFile } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect } from 'chai';
import { z } from 'zod';
import type { ApiHost } from '../../src/api/schemas.js';
import {
  deleteFatFile,
  digestOf,
  partitionNamed,
  readFatFile,
  type Extent,
} from '../../sandbox/installed-disk.js';
import { home, Lab } from '../../sandbox/lab.js';
import { removeLeftovers } from '../../sandbox/leftovers.js';
import type { Machine } from '../../sandbox/machine.js';
import { tour } from '../../sandbox/tour.js';

const INSTALLATION_MS = 480_000;
const IMAGE = join(home, 'images/sandbox/install_image.bin.bz2');
const hostRange = /^10\.75\.0\.[1-9]\d$/;

const firstBoot = [
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
const reinstallation = [
  'updated host state to configured',
  'updated host state to installing',
  'updated state to installed',
  'updated state to running',
];

const ignition = z.object({
  ignition: z.object({ version: z.string() }),
  storage: z.object({
    files: z.array(
      z.object({ path: z.string(), contents: z.object({ source: z.string().startsWith('data:') }) }),
    ),
  }),
});
type IgnitionConfig = z.output<typeof ignition>;

const unpack = async (file: string): Promise<Buffer> => {
  const { stdout } = await promisify(execFile)('bzcat', [file], { encoding: 'buffer', maxBuffer: 2 ** 30 });
  return stdout;
};

describe('the life of a machine, from power-on to running', () => {
  let lab: Lab;
  let bios: Machine;
  let uefi: Machine;
  let pristineImage: string;

  const serialOf = (machine: Machine): string => machine.spec.serial.toLowerCase();
  const hostOf = async (machine: Machine): Promise<ApiHost> => {
    const host = (await lab.hosts()).find(({ serial }) => serial === serialOf(machine));
    if (!host) throw new Error(`imago does not know ${machine.spec.serial}`);
    return host;
  };
  const logOf = async (machine: Machine): Promise<string[]> =>
    (await lab.log(`${serialOf(machine)}: `)).map((line) => line.replace(/^\w+: /, ''));
  const oemOf = (machine: Machine): Promise<Extent> => partitionNamed(machine.files.disk, 'OEM');
  const configOf = async (machine: Machine): Promise<IgnitionConfig> =>
    ignition.parse(JSON.parse(await readFatFile(machine.files.disk, await oemOf(machine), 'config.ign')));
  /** What the configuration on the disk says a file of the system shall hold. */
  const writtenFile = async (machine: Machine, path: string): Promise<string | undefined> => {
    const file = (await configOf(machine)).storage.files.find((entry) => entry.path === path);
    return file && (await fetch(file.contents.source)).text();
  };
  /** How often its own system has reported that it is up: imago takes two reports within a few seconds for one. */
  const starts = async (machine: Machine): Promise<number> =>
    (await machine.console()).match(/imago-boot-complete.service done/g)?.length ?? 0;

  before(async function () {
    this.timeout(60_000);
    await removeLeftovers();
    lab = await Lab.build();
    pristineImage = join(lab.folder, 'image');
    await writeFile(pristineImage, await unpack(IMAGE));
    await lab.startImago();
    bios = await lab.addMachine(1, 'bios');
    uefi = await lab.addMachine(2, 'uefi');
    for (const machine of [bios, uefi]) await machine.powerOn();
  });

  after(async function () {
    this.timeout(60_000);
    await lab?.close();
  });

  it('installs a BIOS and a UEFI machine with blank disks until both run', async function () {
    this.timeout(INSTALLATION_MS);
    await lab.until(
      'both machines are running',
      INSTALLATION_MS - 10_000,
      async () => (await lab.hosts()).filter(({ state }) => state === 'running').length === 2,
    );
  });

  it('gives each a fixed address of its own and the profile whose turn it is', async () => {
    const [first, second] = [await hostOf(bios), await hostOf(uefi)];
    expect(first.address).to.match(hostRange);
    expect(second.address).to.match(hostRange);
    expect(first.address).not.to.equal(second.address);
    expect([first.profile, second.profile]).to.have.members(['core', 'default']);
    expect(first.macAddresses).to.deep.equal([bios.spec.mac]);
    expect(second.macAddresses).to.deep.equal([uefi.spec.mac]);
  });

  it('commits each step in the words that operators know', async () => {
    expect(await logOf(bios)).to.deep.equal(firstBoot);
    expect(await logOf(uefi)).to.deep.equal(firstBoot);
  });

  it('puts the image and the final configuration on the disk', async () => {
    for (const machine of [bios, uefi]) {
      const system = await partitionNamed(machine.files.disk, 'EFI-SYSTEM');
      expect(await digestOf(machine.files.disk, system)).to.equal(await digestOf(pristineImage, system));
      const { address } = await hostOf(machine);
      expect(await writtenFile(machine, '/etc/hostname')).to.equal(`${serialOf(machine)}\n`);
      expect(await writtenFile(machine, '/etc/systemd/network/10-imago.network')).to.include(
        `\nAddress=${address}/24\nGateway=10.75.0.1\n`,
      );
    }
  });

  it('hears from each machine at its fixed address, from the system on its disk', async () => {
    for (const machine of [bios, uefi]) {
      const { address } = await hostOf(machine);
      const console = await machine.console();
      expect(console).to.match(/imago-sandbox: kernel \S+ installed/);
      expect(console).to.include(`eth0 has ${address}/24`);
      expect(await lab.macSpokenTo(String(address))).to.equal(machine.spec.mac);
    }
  });

  it('leaves a machine that runs alone when it is reset', async function () {
    this.timeout(INSTALLATION_MS);
    const before = await starts(bios);
    await lab.imagoctl('power', 'reset', serialOf(bios), '--yes');
    await lab.until(
      'it has booted its disk again',
      INSTALLATION_MS - 10_000,
      async () => (await starts(bios)) > before,
    );
    expect((await hostOf(bios)).state).to.equal('running');
    expect((await bios.console()).match(/installer/g)).to.have.lengthOf(1);
  });

  it('switches a machine off by its own system, and on from its disk without the network', async function () {
    this.timeout(INSTALLATION_MS);
    const serial = serialOf(bios);
    const status = () => lab.imagoctl('power', 'status', serial);
    expect(await status()).to.equal(`${serial}: on\n`);
    await lab.imagoctl('power', 'soft', serial, '--yes');
    await lab.until('it is off', 60_000, async () => (await status()) === `${serial}: off\n`);
    expect(await bios.console()).to.include('the power button was pressed');
    const before = await starts(bios);
    const asked = await lab.metric('imago_dhcp_received_total');
    await lab.imagoctl('bootdev', 'disk', serial);
    await lab.imagoctl('power', 'on', serial);
    await lab.until(
      'it runs from its disk',
      INSTALLATION_MS - 70_000,
      async () => (await starts(bios)) > before,
    );
    expect(await lab.metric('imago_dhcp_received_total')).to.equal(asked);
  });

  it('installs a machine again when an operator says reinstall: through its BMC', async function () {
    this.timeout(INSTALLATION_MS);
    const serial = serialOf(uefi);
    const { address } = await hostOf(uefi);
    await deleteFatFile(uefi.files.disk, await oemOf(uefi), 'config.ign');
    const said = await lab.imagoctl(
      'reinstall',
      serial,
      '--yes',
      '--timeout',
      `${INSTALLATION_MS / 1000 - 20}s`,
    );
    expect(said).to.match(
      new RegExp(`${serial}: power cycle\n[^]*${serial}: is installing \\([^]*${serial}: is running\n$`),
    );
    expect(await hostOf(uefi)).to.include({ state: 'running', address });
    expect((await configOf(uefi)).ignition.version).to.equal('3.3.0');
    expect(await logOf(uefi)).to.deep.equal([...firstBoot, ...reinstallation]);
    expect((await uefi.console()).match(/kernel \S+ installer/g)).to.have.lengthOf(2);
  });

  it('ends by suggesting a tour that works', async function () {
    this.timeout(INSTALLATION_MS);
    const stops = tour(serialOf(bios));
    const outcomes = [];
    for (const { words } of stops) {
      const [command = '', ...rest] = words;
      const line = [command, '--sandbox', lab.namespace, ...rest];
      outcomes.push((await promisify(execFile)(join(home, 'bin/sandbox'), line)).stdout);
    }
    const [list, status, history, explanation, power, reinstallation, metrics] = outcomes;
    expect(list).to.include(`${serialOf(uefi)} `);
    expect(status).to.match(new RegExp(`^Serial: +${serialOf(bios)}\n`));
    expect(history).to.match(/host created\n$/);
    expect(explanation).to.include('its own disk, by sanboot');
    expect(power).to.equal(`${serialOf(bios)}: on\n`);
    expect(reinstallation).to.match(/: is running\n$/);
    expect(metrics).to.include('\nimago_hosts{state="running"} 2\n');
    expect(stops).to.have.lengthOf(outcomes.length);
  });
});
