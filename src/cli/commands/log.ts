import { Flags } from '@oclif/core';
import type { LoggedChange } from '../../api/past.js';
import { stateNames } from '../../api/state-names.js';
import { showValue } from '../../errors.js';
import { ImagoCommand } from '../imago-command.js';
import { pointInTime } from '../times.js';
import { logColumns } from '../render-history.js';
import { noLegendFlag } from '../flags.js';
import { UsageError } from '../errors.js';

export default class Log extends ImagoCommand {
  static override summary =
    'Show the changes to all machines, and to other records, newest first, from the Git log.';
  static override description = 'Every condition that is given has to hold.';
  static override examples = [
    '<%= config.bin %> <%= command.id %> --since 2d --author ada@desk',
    '<%= config.bin %> <%= command.id %> --state running --limit 20',
  ];
  static override nameField = 'commit';
  static override flags = {
    since: Flags.string({
      helpValue: 'TIME',
      summary: 'Only what is younger, as in 15m, 2d or 2026-11-21T03:00Z.',
    }),
    until: Flags.string({ helpValue: 'TIME', summary: 'Only what is older.' }),
    author: Flags.string({ helpValue: 'NAME', summary: 'Only what this operator, or machine, changed.' }),
    state: Flags.option({ options: stateNames })({
      summary: 'Only changes that left the machine in this state.',
    }),
    serial: Flags.string({ helpValue: 'SERIAL', summary: 'Only of this machine.' }),
    record: Flags.string({ helpValue: 'KIND/NAME', summary: 'Only of this record, as in groups/web.' }),
    limit: Flags.integer({ default: 100, min: 1, max: 10_000, summary: 'The newest so many.' }),
    'no-legend': noLegendFlag,
  };

  async run(): Promise<LoggedChange[]> {
    const { flags } = await this.parse(Log);
    const { since, until, author, state, serial, record, limit } = flags;
    const api = await this.connect(flags);
    const changes = await api.log({
      since: instantOf(since),
      until: instantOf(until),
      author,
      state,
      serial,
      record,
      limit,
    });
    if (changes.length === 0)
      this.logToStderr(`${this.config.bin}: no change is as asked for: see ${this.config.bin} help log`);
    this.printTable(changes, logColumns, { 'no-legend': changes.length === 0 || flags['no-legend'] });
    return changes;
  }
}

/** @throws UsageError */
function instantOf(text: string | undefined): string | undefined {
  if (text === undefined) return undefined;
  const instant = pointInTime(text, Date.now());
  if (instant === undefined)
    throw new UsageError(`${showValue(text)} is no time: write 15m, 2d, or 2026-11-21T03:00Z`);
  return new Date(instant).toISOString();
}
