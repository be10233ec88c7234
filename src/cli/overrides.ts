import { showValue } from '../errors.js';
import { UsageError } from './usage-error.js';

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
