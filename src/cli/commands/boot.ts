import { basename } from 'node:path';
import { Flags } from '@oclif/core';
import type { ApiClient } from '../../api/client.js';
import type { BootCommand, OrderedBoot } from '../../api/boots.js';
import { UsageError } from '../errors.js';
import { noLegendFlag } from '../flags.js';
import { importFile } from '../image-verbs.js';
import { ImagoCommand } from '../imago-command.js';
import { ProgressDisplay } from '../progress-display.js';
import { bootColumns, bootLine } from '../render-boots.js';
import { progressLine } from '../render-images.js';
import { parseDuration } from '../times.js';

interface OrderFlags {
  readonly kernel?: string | undefined;
  readonly initrd?: readonly string[] | undefined;
  readonly cmdline?: string | undefined;
  readonly message?: string | undefined;
  readonly for?: string | undefined;
  readonly 'include-running': boolean;
}

export default class Boot extends ImagoCommand {
  static override summary = 'Have machines boot a kernel from the network, without a profile.';
  static override description = `Any machine that asks imago, or those whose network cards are named, once each within a day, or each time with --for. Files of this computer are brought to imago; machines fetch everything from there, also what URLs name. A machine that is installed or running is only booted so when its card is named, or with --include-running; a locked one never.

A machine has had its turn once it has fetched kernel and initial ramdisks as a whole; until then it may try again. Orders outlive a restart of the daemon; their files go when they are over.`;
  static override usage = [
    'boot --kernel FILE|URL [--initrd FILE|URL]… [--cmdline TEXT] [--for SPAN] [MAC…]',
    'boot --list',
    'boot --cancel ID',
  ];
  static override examples = [
    '<%= config.bin %> <%= command.id %> --kernel vmlinuz --initrd initrd.gz --cmdline "console=ttyS0 quiet" 52:54:00:00:00:01',
    '<%= config.bin %> <%= command.id %> --kernel https://boot.example/memtest.bin --for 2h',
  ];
  static override nameField = 'id';
  static override strict = false;
  static override flags = {
    kernel: Flags.string({ helpValue: 'FILE|URL', summary: 'What is booted.' }),
    initrd: Flags.string({
      helpValue: 'FILE|URL',
      multiple: true,
      multipleNonGreedy: true,
      summary: 'An initial ramdisk; several are unpacked in this order.',
    }),
    cmdline: Flags.string({ helpValue: 'TEXT', summary: 'The command line of the kernel.' }),
    message: Flags.string({ helpValue: 'TEXT', summary: 'Shown at the console before it boots.' }),
    for: Flags.string({ helpValue: 'SPAN', summary: 'Each boot for so long, as in 10m.' }),
    'include-running': Flags.boolean({
      summary: 'Also machines that are installed or running and not named.',
    }),
    list: Flags.boolean({ summary: 'Show what is ordered.', exclusive: ['kernel', 'cancel'] }),
    cancel: Flags.string({ helpValue: 'ID', summary: 'End an order.', exclusive: ['kernel', 'list'] }),
    'no-legend': noLegendFlag,
  };

  async run(): Promise<unknown> {
    const { argv, flags } = await this.parse(Boot);
    const macs = argv.map(String);
    const isOrder = !flags.list && flags.cancel === undefined;
    if (!isOrder && macs.length > 0) throw new UsageError('MAC addresses only go with --kernel');
    const command = isOrder ? commandOf(macs, flags) : undefined;
    const api = await this.connect(flags);
    if (command) return this.order(api, command, flags);
    if (flags.cancel !== undefined) {
      await api.cancelBoot(flags.cancel);
      this.print([`${flags.cancel}: cancelled`]);
      return flags.cancel;
    }
    const boots = await api.boots();
    this.printTable(boots, bootColumns, flags);
    return boots;
  }

  private async order(api: ApiClient, command: BootCommand, flags: OrderFlags): Promise<OrderedBoot> {
    const sources = [flags.kernel ?? '', ...(flags.initrd ?? [])];
    const ordered = await api.orderBoot(command);
    try {
      for (const [index, { name, isReady }] of ordered.files.entries()) {
        if (!isReady) await this.bring(api, ordered.id, name, sources[index] ?? '');
      }
    } catch (error) {
      // Half an order boots nobody; why it broke off is what counts.
      await api.cancelBoot(ordered.id).catch(() => undefined);
      throw error;
    }
    const ready = (await api.boots()).find(({ id }) => id === ordered.id) ?? ordered;
    this.print([bootLine(ready)]);
    return ready;
  }

  private async bring(api: ApiClient, id: string, name: string, file: string): Promise<void> {
    const display = new ProgressDisplay(process.stderr);
    try {
      await importFile(api.bootFiles, file, id, { name, replace: true }, (done, total) =>
        display.show(progressLine(file, done, total), String(total && Math.floor((done * 10) / total))),
      );
    } finally {
      display.end();
    }
  }
}

/** @throws UsageError */
function commandOf(macs: readonly string[], flags: OrderFlags): BootCommand {
  if (flags.kernel === undefined) throw new UsageError('say what to boot: --kernel FILE or URL');
  return {
    kernel: fileOf(flags.kernel),
    initrds: (flags.initrd ?? []).map(fileOf),
    cmdline: flags.cmdline ?? '',
    message: flags.message ?? '',
    macs: [...macs],
    ...(flags.for !== undefined && { seconds: parseDuration(flags.for) }),
    includeRunning: flags['include-running'],
  };
}

function fileOf(text: string): BootCommand['kernel'] {
  return /^https?:\/\//.test(text) ? { url: text } : { file: basename(text) };
}
