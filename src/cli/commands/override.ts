import { Flags } from '@oclif/core';
import type { ApiHost } from '../../api/schemas.js';
import { forEachTarget, throwRefusals } from '../for-each-target.js';
import { ImagoCommand } from '../imago-command.js';
import { overrideOf } from '../overrides.js';
import { selectorFlags } from '../selector-flags.js';
import { isEmpty, resolveTargets } from '../targets.js';

export default class Override extends ImagoCommand {
  static override summary = 'Give machines template variables of their own.';
  static override description =
    'An override comes before the variables of the profile and reaches the templates of that machine alone, when it is installed. CoreOSVersion pins the version of its operating system.';
  static override usage = [
    'override SERIAL… KEY VALUE',
    'override SERIAL KEY=VALUE',
    'override SERIAL… --unset KEY',
  ];
  static override examples = [
    '<%= config.bin %> <%= command.id %> 4vx9z52 CoreOSVersion 3374.2.0',
    '<%= config.bin %> <%= command.id %> --profile core --unset CoreOSVersion',
  ];
  static override strict = false;
  static override flags = {
    ...selectorFlags,
    unset: Flags.string({ helpValue: 'KEY', summary: 'Take this override away.' }),
  };

  async run(): Promise<ApiHost[]> {
    const { argv, flags } = await this.parse(Override);
    const { serials, overrides } = overrideOf(argv.map(String), flags.unset, !isEmpty(flags));
    const api = await this.connect(flags);
    const targets = await resolveTargets(api, serials, flags);
    const outcomes = await forEachTarget(targets, (serial) => api.patch(serial, { overrides }));
    const [[key, value] = ['', null]] = Object.entries(overrides);
    const done = value === null ? `${key} is not overridden` : `${key} is ${value}`;
    this.print(outcomes.done.map(({ serial }) => `${serial}: ${done}`));
    throwRefusals(outcomes);
    return [...outcomes.done];
  }
}
