import { open, readFile, rm, stat, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { nvramWithBootOnce, nvramWithBootOrder } from './firmware-nvram.js';
import { lastConsoleLine } from './console.js';
import { LastingProcess, run } from './process.js';
import { monitorThere, qmp } from './qmp.js';
import {
  cardSlot,
  diskSlot,
  OVMF_VARS,
  qemuArguments,
  usualOrderAgain,
  type BootOnce,
  type MachineFiles,
  type MachineSpec,
} from './qemu-arguments.js';

const DISK_BYTES = 512 * 1024 * 1024;
const TAIL_BYTES = 4096;

/** A virtual machine in the namespace, with a blank disk at first. */
export class Machine {
  #process: LastingProcess | undefined;
  #bootOnce: BootOnce | undefined;

  private constructor(
    readonly spec: MachineSpec,
    readonly files: MachineFiles,
    private readonly namespace: string,
    private readonly log: string,
  ) {}

  /** Makes its disk, and its network interface in the namespace's bridge. It is off. */
  static async build(spec: MachineSpec, namespace: string, folder: string): Promise<Machine> {
    const file = (ending: string): string => join(folder, `${spec.serial}.${ending}`);
    const files = {
      disk: file('disk'),
      console: file('console'),
      monitor: file('qmp'),
      nvram: file('nvram'),
    };
    await writeFile(files.disk, '');
    await truncate(files.disk, DISK_BYTES);
    await writeFile(files.console, '');
    if (spec.firmware === 'uefi') {
      const nvram = nvramWithBootOrder(await readFile(OVMF_VARS), { ...cardSlot, mac: spec.mac }, diskSlot);
      await writeFile(files.nvram, nvram);
    }
    await run('ip', '-n', namespace, 'tuntap', 'add', 'dev', spec.tap, 'mode', 'tap');
    await run('ip', '-n', namespace, 'link', 'set', spec.tap, 'master', 'br0', 'up');
    return new Machine(spec, files, namespace, file('qemu.log'));
  }

  get isOn(): boolean {
    return this.#process !== undefined && this.#process.ended === undefined;
  }

  /** How QEMU ended that nobody has ended; undefined when all is well. A system that switches itself off is no fault. */
  get fault(): string | undefined {
    const ended = this.#process?.ended;
    return ended === 'status 0' ? undefined : ended;
  }

  /** What it boots from the next time it is switched on or reset, and only then. */
  get bootOnce(): BootOnce | undefined {
    return this.#bootOnce;
  }

  set bootOnce(device: BootOnce | undefined) {
    this.#bootOnce = device;
  }

  async powerOn(): Promise<void> {
    if (this.isOn) return;
    const { spec, files } = this;
    const once = this.#bootOnce;
    this.#bootOnce = undefined;
    if (once && spec.firmware === 'uefi') {
      await writeFile(files.nvram, nvramWithBootOnce(await readFile(files.nvram), once));
    }
    await rm(files.monitor, { force: true });
    const words = [
      'netns',
      'exec',
      this.namespace,
      'qemu-system-x86_64',
      ...qemuArguments(spec, files, once),
    ];
    this.#process = new LastingProcess(`QEMU of ${spec.serial}`, 'ip', words, this.log);
    if (once !== 'disk' || spec.firmware === 'uefi') return;
    await monitorThere(files.monitor);
    await qmp(files.monitor, usualOrderAgain);
  }

  /** At once, as by the switch of its power supply. */
  async powerOff(): Promise<void> {
    const process = this.#process;
    this.#process = undefined;
    await process?.stop();
  }

  /** As with the reset button. */
  async reset(): Promise<void> {
    if (this.#bootOnce === undefined) return qmp(this.files.monitor, { execute: 'system_reset' });
    await this.powerOff();
    await this.powerOn();
  }

  /** As with a short press of the power button: its system decides what it makes of it. */
  async pressPowerButton(): Promise<void> {
    await qmp(this.files.monitor, { execute: 'system_powerdown' });
  }

  /** All that it wrote to its serial line. */
  console(): Promise<string> {
    return readFile(this.files.console, 'latin1');
  }

  /** What it says at the moment, fit for one line. */
  async lastWords(): Promise<string> {
    const { size } = await stat(this.files.console);
    const handle = await open(this.files.console);
    try {
      const start = Math.max(0, size - TAIL_BYTES);
      const { buffer, bytesRead } = await handle.read(Buffer.alloc(TAIL_BYTES), 0, TAIL_BYTES, start);
      return lastConsoleLine(buffer.toString('latin1', 0, bytesRead));
    } finally {
      await handle.close();
    }
  }
}
