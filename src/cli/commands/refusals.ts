import { Flags } from '@oclif/core';
import type { Refusal } from '../../api/refusals.js';
import { noLegendFlag } from '../flags.js';
import { ImagoCommand } from '../imago-command.js';
import { refusalColumns } from '../render-access.js';

export default class Refusals extends ImagoCommand {
  static override summary = 'Show who was refused, and what admins did to tokens, newest first.';
  static override description =
    'What was refused several times within ten minutes is one line. It is for auditors and admins.';
  static override nameField = 'time';
  static override flags = {
    limit: Flags.integer({ default: 100, min: 1, max: 1000, summary: 'The newest so many.' }),
    'no-legend': noLegendFlag,
  };

  async run(): Promise<readonly Refusal[]> {
    const { flags } = await this.parse(Refusals);
    const api = await this.connect(flags);
    const refusals = await api.refusals(flags.limit);
    this.printTable(refusals, refusalColumns, flags);
    return refusals;
  }
}
