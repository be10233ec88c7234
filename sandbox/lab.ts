import { randomBytes } from 'node:crypto';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { parseDocument } from 'yaml';
import { type ApiHost, HostList, type State } from '../src/api/schemas.js';
import { Bmc, bmcAddress, BMC_CIPHER_SUITE, BMC_NETWORK, BMC_USER } from './bmc.js';
import { folderOf, markOwner, nameOfLab, removeLab, socketOf } from './leftovers.js';
import { Machine } from './machine.js';
import { createNetwork } from './network.js';
import { operatorEnvironment } from './operator-environment.js';
import { MOST_MACHINES } from './options.js';
import { LastingProcess, run, runIn } from './process.js';
import type { Firmware, MachineSpec } from './qemu-arguments.js';

export const home = fileURLToPath(new URL('../..', import.meta.url));
const POLL_MS = 1000;
const START_MS = 60_000;

/** Something went on longer than it may, or ended before its time. */
export class LabFailure extends Error {
  override readonly name = 'LabFailure';
}

/** A provisioning network with imago on it and machines beside it. Whoever builds one must close it. */
export class Lab {
  readonly machines: Machine[] = [];
  readonly #bmcs: Bmc[] = [];
  readonly #bmcPassword = randomBytes(8).toString('hex');
  #imago: LastingProcess | undefined;
  #closing: Promise<void> | undefined;

  private constructor(
    readonly namespace: string,
    /** Configuration, clusters, disks, consoles and logs. */
    readonly folder: string,
  ) {}

  static async build(): Promise<Lab> {
    const name = nameOfLab();
    const lab = new Lab(name, folderOf(name));
    await mkdir(lab.folder, { mode: 0o700 });
    try {
      await markOwner(lab.folder);
      await createNetwork(name);
    } catch (error) {
      await lab.close();
      throw error;
    }
    return lab;
  }

  /** Through which its operators come: they need no token there. */
  get socket(): string {
    return socketOf(this.namespace);
  }

  get clusterFolder(): string {
    return join(this.folder, 'clusters', 'sandbox');
  }

  get imagoLog(): string {
    return join(this.folder, 'imago.log');
  }

  /**
   * Starts `bin/imago` with conf/imago.yaml as it is, but for what it writes, which goes below the lab's folder, and for the machines'
   * BMCs, which an operator knows and conf/imago.yaml cannot.
   * @param settings Others than there, by the path of each: `paths.tftpRoot`.
   */
  async startImago(settings: Readonly<Record<string, unknown>> = {}): Promise<void> {
    const configuration = parseDocument(await readFile(join(home, 'conf/imago.yaml'), 'utf8'));
    for (const path of ['templates', 'snippets', 'images', 'tftpRoot']) {
      configuration.setIn(['paths', path], join(home, String(configuration.getIn(['paths', path]))));
    }
    configuration.setIn(['paths', 'clusters'], join(this.folder, 'clusters'));
    configuration.setIn(['paths', 'state'], join(this.folder, 'var'));
    configuration.setIn(['power'], await this.powerSettings());
    for (const [path, value] of Object.entries(settings)) configuration.setIn(path.split('.'), value);
    const file = join(this.folder, 'imago.yaml');
    await writeFile(file, configuration.toString());
    const words = [
      'netns',
      'exec',
      this.namespace,
      process.execPath,
      join(home, 'bin/imago'),
      '--config',
      file,
    ];
    this.#imago = new LastingProcess('imago', 'ip', words, this.imagoLog);
    await this.until('imago is ready', START_MS, async () => (await this.get('/ready')) !== undefined);
  }

  /** A machine with a BMC of its own. It is off. */
  async addMachine(number: number, firmware: Firmware): Promise<Machine> {
    const { namespace, folder } = this;
    const machine = await Machine.build(machineSpec(number, firmware), namespace, folder);
    this.machines.push(machine);
    const { serial } = machine.spec;
    const bmc = await Bmc.start(machine, {
      name: `the BMC of ${serial}`,
      namespace,
      address: bmcAddress(number),
      password: this.#bmcPassword,
      folder: join(folder, `${serial}.bmc`),
    });
    this.#bmcs.push(bmc);
    return machine;
  }

  /** What imago knows of its machines. */
  async hosts(): Promise<ApiHost[]> {
    const text = await this.get('/api/v1/hosts');
    if (text === undefined) throw new LabFailure('imago does not answer /api/v1/hosts');
    return HostList.parse(JSON.parse(text)).hosts;
  }

  /** One of imago's metrics, as in `imago_dhcp_leases`, summed over its labels. */
  async metric(name: string): Promise<number> {
    const text = (await this.get('/metrics')) ?? '';
    const lines = text
      .split('\n')
      .filter((line) => line.startsWith(`${name}{`) || line.startsWith(`${name} `));
    return lines.reduce((sum, line) => sum + Number(line.split(' ').at(-1)), 0);
  }

  async hasState(serial: string, state: State): Promise<boolean> {
    return (await this.hosts()).some((host) => host.serial === serial.toLowerCase() && host.state === state);
  }

  /** Runs bin/imagoctl as an operator on the provisioning network does; gives what it prints. */
  imagoctl(...words: readonly string[]): Promise<string> {
    const environment = operatorEnvironment(process.env, join(home, 'bin'), this.socket);
    return runIn(environment, 'ip', 'netns', 'exec', this.namespace, 'imagoctl', ...words);
  }

  /** The MAC address that the server last spoke to an IP address at; undefined if never. */
  async macSpokenTo(address: string): Promise<string | undefined> {
    const entry = await run('ip', '-n', this.namespace, 'neigh', 'show', 'to', address, 'dev', 'br0');
    return /lladdr (\S+)/.exec(entry)?.[1];
  }

  /** The cluster's Git log, oldest first, one line each; of one machine, if one is named. */
  async log(serial = ''): Promise<string[]> {
    const words = ['-c', 'safe.directory=*', '-C', this.clusterFolder, 'log', '--reverse', '--format=%s'];
    const log = await run('git', ...words);
    return log.split('\n').filter((line) => line !== '' && line.startsWith(serial));
  }

  /** Looks again and again; rejects after the time, and at once when imago or a machine has ended, or the signal says so. */
  async until(
    what: string,
    patienceMs: number,
    condition: () => Promise<boolean>,
    signal?: AbortSignal,
  ): Promise<void> {
    const deadline = performance.now() + patienceMs;
    while (!(await condition())) {
      if (performance.now() > deadline) throw new LabFailure(`after ${patienceMs / 1000} s not yet: ${what}`);
      await delay(POLL_MS, undefined, { signal });
      this.checkProcesses();
    }
  }

  /** Ends everything and removes all traces. */
  close(): Promise<void> {
    this.#closing ??= this.dismantle();
    return this.#closing;
  }

  private async dismantle(): Promise<void> {
    // First: a BMC that still listens could switch a machine on again.
    await Promise.all(this.#bmcs.map((bmc) => bmc.close()));
    await Promise.all(this.machines.map((machine) => machine.powerOff()));
    await this.#imago?.stop();
    await removeLab(this.namespace);
  }

  /** What the sandbox itself ends has not ended before its time. */
  private checkProcesses(): void {
    if (this.#closing) return;
    const ends = [
      ...this.machines.map(({ spec, fault }) => ({ name: `QEMU of ${spec.serial}`, ended: fault })),
      ...this.#bmcs.map((bmc) => bmc.process),
      ...(this.#imago ? [this.#imago] : []),
    ];
    const dead = ends.find(({ ended }) => ended !== undefined);
    if (dead) throw new LabFailure(`${dead.name} ended before its time (${dead.ended})`);
  }

  private async powerSettings(): Promise<object> {
    const file = join(this.folder, 'bmc-password');
    await writeFile(file, `${this.#bmcPassword}\n`, { mode: 0o600 });
    const numbers = Array.from({ length: MOST_MACHINES }, (_, index) => index + 1);
    return {
      driver: 'ipmi',
      user: BMC_USER,
      password: { file },
      ipmi: { cipherSuite: BMC_CIPHER_SUITE },
      networks: [BMC_NETWORK],
      hosts: Object.fromEntries(
        numbers.map((number) => [machineSpec(number, 'bios').serial, { address: bmcAddress(number) }]),
      ),
    };
  }

  /** The body of a good answer; undefined for any other. */
  private async get(path: string): Promise<string | undefined> {
    try {
      return await run('curl', '-sSf', '-m', '10', '--unix-socket', this.socket, `http://localhost${path}`);
    } catch (error) {
      if (error instanceof Error) return undefined;
      throw error;
    }
  }
}

/** The machines are numbered from 1. */
export function machineSpec(number: number, firmware: Firmware): MachineSpec {
  const digits = String(number).padStart(4, '0');
  const octet = number.toString(16).padStart(2, '0');
  return {
    serial: `SBX${digits}`,
    uuid: `1a960000-0000-4000-8000-00000000${digits}`,
    mac: `52:54:00:1a:96:${octet}`,
    firmware,
    tap: `tap${number}`,
  };
}
