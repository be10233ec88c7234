import { Flags } from '@oclif/core';
import type { PendingMachine } from '../../api/pending.js';
import type { Column } from '../columns.js';
import { noLegendFlag } from '../flags.js';
import { ImagoCommand } from '../imago-command.js';
import { instant } from '../times.js';

export const pendingColumns: readonly Column<PendingMachine>[] = [
  { heading: 'CODE', value: ({ code }) => code },
  { heading: 'SERIAL', value: ({ serial }) => serial },
  { heading: 'PRODUCT', value: ({ hardware }) => hardware?.product },
  { heading: 'MANUFACTURER', value: ({ hardware }) => hardware?.manufacturer },
  { heading: 'MAC', value: ({ mac }) => mac },
  { heading: 'IP', value: ({ address }) => address },
  { heading: 'SINCE', value: ({ since }) => instant(since) },
  { heading: 'LASTSEEN', value: ({ lastSeen }) => instant(lastSeen) },
];

const rejectedColumns: readonly Column<PendingMachine>[] = [
  ...pendingColumns,
  { heading: 'REJECTED', value: ({ rejected }) => instant(rejected) },
  { heading: 'BY', value: ({ by }) => by },
];

export default class Pending extends ImagoCommand {
  static override summary = 'List machines that nobody named, and that wait to be accepted.';
  static override description =
    'Where newHosts.mode is pending. The code of each stands on its console, too; an hour after it asked last it is shown no more.';
  static override flags = {
    rejected: Flags.boolean({ summary: 'Those that were rejected, instead.' }),
    'no-legend': noLegendFlag,
  };

  async run(): Promise<PendingMachine[]> {
    const { flags } = await this.parse(Pending);
    const { rejected } = flags;
    const api = await this.connect(flags);
    const machines = await api.pending({ rejected });
    if (machines.length === 0) {
      this.logToStderr(
        `${this.config.bin}: no machine ${rejected ? 'was rejected' : 'waits to be accepted'}`,
      );
    }
    this.printTable(machines, rejected ? rejectedColumns : pendingColumns, flags);
    return machines;
  }
}
