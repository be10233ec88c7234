import { open, readFile, stat, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { nvramWithBootOrder } from './firmware-nvram.js';
import { lastConsoleLine } from './console.js';
import { LastingProcess, run } from './process.js';
import { qmp } from './qmp.js';
import {
  cardSlot,
  diskSlot,
  OVMF_VARS,
  qemuArguments,
  type MachineFiles,
  type MachineSpec,
} from './qemu-arguments.js';

const DISK_BYTES = 512 * 1024 * 1024;
const TAIL_BYTES = 4096;

/** A virtual machine in the namespace, with a blank disk at first. */
export class Machine {
  private constructor(
    readonly spec: MachineSpec,
    readonly files: MachineFiles,
    readonly process: LastingProcess,
  ) {}

  /** Makes its disk, and its network interface in the namespace's bridge, and switches it on. */
  static async powerOn(spec: MachineSpec, namespace: string, folder: string): Promise<Machine> {
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
    const words = ['netns', 'exec', namespace, 'qemu-system-x86_64', ...qemuArguments(spec, files)];
    return new Machine(
      spec,
      files,
      new LastingProcess(`QEMU of ${spec.serial}`, 'ip', words, file('qemu.log')),
    );
  }

  /** As with the reset button. */
  reset(): Promise<void> {
    return qmp(this.files.monitor, 'system_reset');
  }

  async powerOff(): Promise<void> {
    await this.process.stop();
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
