import { Args, Flags } from '@oclif/core';
import type { BootDeviceDone } from '../../api/power.js';
import { ImagoCommand } from '../imago-command.js';
import { selectorFlags } from '../flags.js';
import { resolveTargets } from '../targets.js';
import { UsageError } from '../errors.js';

const devices = ['pxe', 'disk', 'bios'] as const;

export default class Bootdev extends ImagoCommand {
  static override summary = 'Set what machines boot from next.';
  static override description =
    'pxe is the network, bios the setup of the firmware. It holds for one boot, unless it is persistent.';
  static override usage = 'bootdev pxe|disk|bios SERIAL… [--persistent]';
  static override examples = ['<%= config.bin %> <%= command.id %> pxe 4vx9z52'];
  static override strict = false;
  static override args = {
    device: Args.string({ ignoreStdin: true, options: [...devices], description: 'from what' }),
  };
  static override flags = {
    ...selectorFlags,
    persistent: Flags.boolean({ summary: 'For all boots from now on.' }),
    uefi: Flags.boolean({
      allowNo: true,
      summary: 'Boot with UEFI, or not; without it as the machine was last seen to boot.',
    }),
  };

  async run(): Promise<readonly BootDeviceDone[]> {
    const { argv, flags } = await this.parse(Bootdev);
    const [word, ...named] = argv.map(String);
    const device = devices.find((known) => known === word);
    if (device === undefined) throw new UsageError(`name the device first: one of ${devices.join(', ')}`);
    const api = await this.connect(flags);
    const serials = await resolveTargets(api, named, flags);
    const { persistent, uefi } = flags;
    return this.toEach(
      serials,
      (serial) => api.setBootDevice(serial, { device, persistent, ...(uefi !== undefined && { uefi }) }),
      ({ serial }) => `${serial}: boots from ${device} ${persistent ? 'from now on' : 'at its next boot'}`,
    );
  }
}
