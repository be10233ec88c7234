import { Args } from '@oclif/core';
import type { Rollback as Answer } from '../../api/past.js';
import type { RecordRollback } from '../../api/records.js';
import { canAsk, confirm, confirmationFlags } from '../confirm.js';
import { ImagoCommand } from '../imago-command.js';
import { summarizeDiff } from '../render-diff.js';
import { keyArgument, recordPathOf } from '../flags.js';

export default class Rollback extends ImagoCommand {
  static override summary = 'Give a machine the settings of an earlier revision again, as a new commit.';
  static override description = `A revision is a commit that history lists, or four or more of its first digits. What the machine reports of itself stays: \
its state, its hardware, the software that it runs. Refused when its address of then is another machine's by now. A record of another kind becomes what \
it was, as a whole, also where it was removed since.`;
  static override examples = [
    '<%= config.bin %> <%= command.id %> 4vx9z52 5ad04d4b --dry-run',
    '<%= config.bin %> <%= command.id %> 4vx9z52 5ad04d4b --yes',
    '<%= config.bin %> <%= command.id %> groups/web 5ad04d4b --yes',
  ];
  static override args = {
    serial: keyArgument,
    revision: Args.string({ ignoreStdin: true, required: true, description: 'the commit to go back to' }),
  };
  static override flags = confirmationFlags;

  async run(): Promise<Answer | RecordRollback> {
    const { args, flags } = await this.parse(Rollback);
    const api = await this.connect(flags);
    const record = recordPathOf(args.serial);
    const rollBack = (revision: string, { dryRun = false } = {}) =>
      record
        ? api.rollBackRecord(record, revision, { dryRun })
        : api.rollBack(args.serial, revision, { dryRun });
    const preview = await rollBack(args.revision, { dryRun: true });
    const { revision, changes } = preview;
    const serial = 'serial' in preview ? preview.serial : args.serial;
    if (changes.length === 0) {
      this.print([`${serial}: nothing to change, its settings are those of ${revision.slice(0, 10)}`]);
      return preview;
    }
    if (flags['dry-run']) {
      this.print([`${serial}: would go back to ${revision.slice(0, 10)}: ${summarizeDiff(changes)}`]);
      return preview;
    }
    if (!flags.yes && canAsk()) await confirm(`${serial} will be changed: ${summarizeDiff(changes)}.`);
    const done = await rollBack(revision);
    this.print([`${serial}: back to ${revision.slice(0, 10)}: ${summarizeDiff(done.changes)}`]);
    return done;
  }
}
