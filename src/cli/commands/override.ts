import { Flags } from '@oclif/core';
import type { ApiHost } from '../../api/schemas.js';
import { ImagoCommand } from '../imago-command.js';
import { selectorFlags } from '../flags.js';
import { isEmpty, resolveTargets } from '../targets.js';
import { showValue } from '../../errors.js';
import { UsageError } from '../errors.js';

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
    const [[key, value] = ['', null]] = Object.entries(overrides);
    const done = value === null ? `${key} is not overridden` : `${key} is ${value}`;
    return this.toEach(
      targets,
      (serial) => api.patch(serial, { overrides }),
      ({ serial }) => `${serial}: ${done}`,
    );
  }
}

/**
 * The words of `imagoctl override`: serials and then `KEY VALUE`, as with Mayu, or with `unset` only serials and a KEY. `KEY=VALUE`
 * is one word after one serial, or where machines are selected; after more words it is the value of the one before it.
 * @throws UsageError
 */
export function overrideOf(
  words: readonly string[],
  unset: string | undefined,
  isSelected = false,
): { readonly serials: readonly string[]; readonly overrides: Readonly<Record<string, string | null>> } {
  if (unset !== undefined) return { serials: words, overrides: { [unset]: null } };
  const serialsBefore = isSelected ? 0 : 1;
  const joined = words.length <= serialsBefore + 1 ? /^([A-Za-z_]\w*)=(.*)$/s.exec(words.at(-1) ?? '') : null;
  const [, key, value] = joined ?? ['', ...words.slice(-2)];
  if (key === undefined || value === undefined) {
    throw new UsageError('give serials, a key and its value, or --unset KEY');
  }
  if (value.includes('\n')) throw new UsageError(`${showValue(value)} is more than one line`);
  return { serials: words.slice(0, joined ? -1 : -2), overrides: { [key]: value } };
}
