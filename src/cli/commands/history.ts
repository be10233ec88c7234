import { Flags } from '@oclif/core';
import type { Stay } from '../../api/past.js';
import type { HistoryEntry } from '../../api/schemas.js';
import { ImagoCommand } from '../imago-command.js';
import { historyColumns, stayColumns } from '../render-history.js';
import { UsageError } from '../errors.js';
import { keyArgument, noLegendFlag, recordPathOf } from '../flags.js';

export default class History extends ImagoCommand {
  static override summary = 'Show the changes to a machine, newest first, from the Git log.';
  static override examples = [
    '<%= config.bin %> <%= command.id %> 4vx9z52 --timeline',
    '<%= config.bin %> <%= command.id %> groups/web',
  ];
  static override args = { serial: keyArgument };
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
    const record = recordPathOf(args.serial);
    if (record && flags.timeline) throw new UsageError('a record is in no state: --timeline is for machines');
    if (flags.timeline) {
      const timeline = await api.timeline(args.serial, flags.limit);
      this.printTable(timeline, stayColumns, flags);
      return timeline;
    }
    const history = await (record
      ? api.recordHistory(record, flags.limit)
      : api.history(args.serial, flags.limit));
    this.printTable(history, historyColumns, flags);
    return history;
  }
}
