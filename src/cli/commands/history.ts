import type { HistoryEntry } from '../../api/schemas.js';
import { ImagoCommand } from '../imago-command.js';
import { renderHistory } from '../render-history.js';
import { serialArgument } from '../serial-argument.js';
import { noLegendFlag } from '../table-flags.js';

export default class History extends ImagoCommand {
  static override summary = 'Show every change to a machine, newest first, from the Git log.';
  static override args = { serial: serialArgument };
  static override flags = { 'no-legend': noLegendFlag };

  async run(): Promise<HistoryEntry[]> {
    const { args, flags } = await this.parse(History);
    const api = await this.connect(flags);
    const history = await api.history(args.serial);
    this.print(renderHistory(history, { legend: !flags['no-legend'], color: this.color }));
    return history;
  }
}
