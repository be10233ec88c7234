import { Args } from '@oclif/core';
import type { Rollback as Answer } from '../../api/past.js';
import { canAsk, confirm, confirmationFlags } from '../confirm.js';
import { ImagoCommand } from '../imago-command.js';
import { summarizeDiff } from '../render-diff.js';
import { serialArgument } from '../flags.js';

export default class Rollback extends ImagoCommand {
  static override summary = 'Give a machine the settings of an earlier revision again, as a new commit.';
  static override description = `A revision is a commit that history lists, or four or more of its first digits. What the machine reports of itself stays: \
its state, its hardware, the software that it runs. Refused when its address of then is another machine's by now.`;
  static override examples = [
    '<%= config.bin %> <%= command.id %> 4vx9z52 5ad04d4b --dry-run',
    '<%= config.bin %> <%= command.id %> 4vx9z52 5ad04d4b --yes',
  ];
  static override args = {
    serial: serialArgument,
    revision: Args.string({ ignoreStdin: true, required: true, description: 'the commit to go back to' }),
  };
  static override flags = confirmationFlags;

  async run(): Promise<Answer> {
    const { args, flags } = await this.parse(Rollback);
    const api = await this.connect(flags);
    const preview = await api.rollBack(args.serial, args.revision, { dryRun: true });
    const { serial, revision, changes } = preview;
    if (changes.length === 0) {
      this.print([`${serial}: nothing to change, its settings are those of ${revision.slice(0, 10)}`]);
      return preview;
    }
    if (flags['dry-run']) {
      this.print([`${serial}: would go back to ${revision.slice(0, 10)}: ${summarizeDiff(changes)}`]);
      return preview;
    }
    if (!flags.yes && canAsk()) await confirm(`${serial} will be changed: ${summarizeDiff(changes)}.`);
    const done = await api.rollBack(args.serial, revision);
    this.print([`${serial}: back to ${revision.slice(0, 10)}: ${summarizeDiff(done.changes)}`]);
    return done;
  }
}
