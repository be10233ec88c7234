import { Args } from '@oclif/core';
import type { HostDiff } from '../../api/past.js';
import { ImagoCommand } from '../imago-command.js';
import { diffColumns } from '../render-diff.js';
import { serialArgument, noLegendFlag } from '../flags.js';

export default class Diff extends ImagoCommand {
  static override summary = 'Show what differs between two revisions of a machine, or between one and now.';
  static override description =
    'A revision is a commit that history lists, or four or more of its first digits. Fields have their names in the file of the machine; where nothing differs, a line on standard error says so.';
  static override examples = ['<%= config.bin %> <%= command.id %> 4vx9z52 5ad04d4b'];
  static override args = {
    serial: serialArgument,
    revision: Args.string({ ignoreStdin: true, required: true, description: 'the commit to compare' }),
    other: Args.string({
      ignoreStdin: true,
      description: 'another commit; what is recorded now when left out',
    }),
  };
  static override nameField = 'field';
  static override flags = { 'no-legend': noLegendFlag };

  async run(): Promise<HostDiff> {
    const { args, flags } = await this.parse(Diff);
    const api = await this.connect(flags);
    const diff = await api.diff(args.serial, args.revision, args.other);
    const isSame = diff.changes.length === 0;
    if (isSame) this.logToStderr(`${this.config.bin}: nothing differs`);
    this.printTable(diff.changes, diffColumns, { 'no-legend': isSame || flags['no-legend'] });
    return diff;
  }
}
