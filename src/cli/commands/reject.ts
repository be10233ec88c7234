import { Flags } from '@oclif/core';
import type { PendingMachine } from '../../api/pending.js';
import { UsageError } from '../errors.js';
import { ImagoCommand } from '../imago-command.js';

export default class Reject extends ImagoCommand {
  static override summary = 'Take machines that wait to be accepted for none of ours.';
  static override description =
    'It is told so at its console, also after a restart of the daemon, and is shown with imagoctl pending --rejected alone. imagoctl accept takes it up all the same.';
  static override usage = 'reject SERIAL|CODE…';
  static override examples = [
    '<%= config.bin %> <%= command.id %> K7QM',
    '<%= config.bin %> <%= command.id %> --forget K7QM',
  ];
  static override strict = false;
  static override flags = {
    forget: Flags.boolean({ summary: 'Take that back: it waits again when it asks again.' }),
  };

  async run(): Promise<PendingMachine[]> {
    const { argv, flags } = await this.parse(Reject);
    if (argv.length === 0) throw new UsageError('name the machines: imagoctl pending lists those that wait');
    const api = await this.connect(flags);
    return this.toEach(
      argv.map(String),
      (word) => (flags.forget ? api.forgetRejected(word) : api.reject(word)),
      ({ serial, code }) => `${serial}: ${flags.forget ? 'not rejected any more' : 'rejected'}, code ${code}`,
      1,
    );
  }
}
