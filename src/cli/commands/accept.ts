import { Flags } from '@oclif/core';
import type { ApiHost } from '../../api/schemas.js';
import { UsageError } from '../errors.js';
import { ImagoCommand } from '../imago-command.js';

export default class Accept extends ImagoCommand {
  static override summary = 'Make hosts of machines that wait to be accepted. They go on by themselves.';
  static override description =
    'Each by its serial or its code, as imagoctl pending lists them. The network card that it asks by becomes its own.';
  static override usage = 'accept SERIAL|CODE…';
  static override examples = ['<%= config.bin %> <%= command.id %> K7QM 4vx9z52 --profile core'];
  static override strict = false;
  static override flags = {
    profile: Flags.string({
      helpValue: 'NAME',
      summary: 'Else the first that still takes one and is for such a machine.',
    }),
  };

  async run(): Promise<ApiHost[]> {
    const { argv, flags } = await this.parse(Accept);
    if (argv.length === 0) throw new UsageError('name the machines: imagoctl pending lists those that wait');
    const api = await this.connect(flags);
    const { profile } = flags;
    return this.toEach(
      argv.map(String),
      (word) => api.accept(word, { profile }),
      (host) =>
        `${host.serial}: accepted, ${host.address ?? 'no address yet'}, profile ${host.profile ?? 'not chosen yet'}${host.isProfileTentative ? ' until its installer tells more' : ''}`,
      // One after the other: profiles that take so many are filled in the order of the words.
      1,
    );
  }
}
