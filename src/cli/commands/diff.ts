import { Args } from '@oclif/core';
import type { HostDiff } from '../../api/past.js';
import type { RecordDiff } from '../../api/records.js';
import { ImagoCommand } from '../imago-command.js';
import { diffColumns } from '../render-diff.js';
import { keyArgument, noLegendFlag, recordPathOf } from '../flags.js';

export default class Diff extends ImagoCommand {
  static override summary = 'Show what differs between two revisions of a machine, or between one and now.';
  static override description =
    'A revision is a commit that history lists, or four or more of its first digits. Fields have their names in the file of the machine; where nothing differs, a line on standard error says so.';
  static override examples = [
    '<%= config.bin %> <%= command.id %> 4vx9z52 5ad04d4b',
    '<%= config.bin %> <%= command.id %> groups/web 5ad04d4b',
  ];
  static override args = {
    serial: keyArgument,
    revision: Args.string({ ignoreStdin: true, required: true, description: 'the commit to compare' }),
    other: Args.string({
      ignoreStdin: true,
      description: 'another commit; what is recorded now when left out',
    }),
  };
  static override nameField = 'field';
  static override flags = { 'no-legend': noLegendFlag };

  async run(): Promise<HostDiff | RecordDiff> {
    const { args, flags } = await this.parse(Diff);
    const api = await this.connect(flags);
    const record = recordPathOf(args.serial);
    const diff = await (record
      ? api.recordDiff(record, args.revision, args.other)
      : api.diff(args.serial, args.revision, args.other));
    const isSame = diff.changes.length === 0;
    if (isSame) this.logToStderr(`${this.config.bin}: nothing differs`);
    this.printTable(diff.changes, diffColumns, { 'no-legend': isSame || flags['no-legend'] });
    return diff;
  }
}
