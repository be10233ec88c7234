import { Flags } from '@oclif/core';
import type { Stay } from '../../api/past.js';
import type { HistoryEntry } from '../../api/schemas.js';
import { ImagoCommand } from '../imago-command.js';
import { historyColumns, stayColumns } from '../render-history.js';
import { serialArgument, noLegendFlag } from '../flags.js';

export default class History extends ImagoCommand {
  static override summary = 'Show the changes to a machine, newest first, from the Git log.';
  static override args = { serial: serialArgument };
  static override nameField = 'commit';
  static override flags = {
    timeline: Flags.boolean({
      char: 't',
      summary: 'How long it was in each state instead, oldest first.',
    }),
    limit: Flags.integer({ min: 1, max: 10_000, summary: 'The newest so many changes; 1,000 without it.' }),
    'no-legend': noLegendFlag,
  };

  async run(): Promise<HistoryEntry[] | Stay[]> {
    const { args, flags } = await this.parse(History);
    const api = await this.connect(flags);
    if (flags.timeline) {
      const timeline = await api.timeline(args.serial, flags.limit);
      this.printTable(timeline, stayColumns, flags);
      return timeline;
    }
    const history = await api.history(args.serial, flags.limit);
    this.printTable(history, historyColumns, flags);
    return history;
  }
}
