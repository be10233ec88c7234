import { showValue } from '../errors.js';
import { UsageError } from './usage-error.js';

/**
 * The words of `imagoctl override`: serials and then `KEY VALUE`, as with Mayu, or with `unset` only serials and a KEY.
 * @throws UsageError
 */
export function overrideOf(
  words: readonly string[],
  unset: string | undefined,
): { readonly serials: readonly string[]; readonly overrides: Readonly<Record<string, string | null>> } {
  if (unset !== undefined) return { serials: words, overrides: { [unset]: null } };
  const [key, value] = words.slice(-2);
  if (key === undefined || value === undefined) {
    throw new UsageError('give serials, a key and its value, or --unset KEY');
  }
  if (value.includes('\n')) throw new UsageError(`${showValue(value)} is more than one line`);
  return { serials: words.slice(0, -2), overrides: { [key]: value } };
}
