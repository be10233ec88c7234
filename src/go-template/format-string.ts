import type { Budget } from './bounds.js';
import { pad, type Flags } from './format-flags.js';
import { firstRunes, toBytes } from './go-string.js';
import { backquoted, quote } from './quote.js';

/** A string as its verbs print it; undefined for a verb that is not for strings. */
export function formatString(value: string, verb: string, flags: Flags, budget: Budget): string | undefined {
  budget.read(value);
  if (verb === 'x' || verb === 'X') return hexadecimal(value, verb, flags, budget);
  const { precision } = flags;
  const text = precision === undefined ? value : firstRunes(value, precision);
  if (verb === 'q' || (verb === 'v' && flags.asSource)) {
    const raw = flags.sharp ? backquoted(text) : undefined;
    return pad(raw ?? budget.made(quote(text, flags.plus)), flags, budget);
  }
  return verb === 's' || verb === 'v' ? pad(text, flags, budget) : undefined;
}

function hexadecimal(value: string, verb: string, flags: Flags, budget: Budget): string {
  const bytes = toBytes(value).subarray(0, flags.precision);
  const prefix = flags.sharp ? `0${verb}` : '';
  const hex = verb === 'X' ? bytes.toString('hex').toUpperCase() : bytes.toString('hex');
  if (hex === '') return pad('', { ...flags, minus: false }, budget, flags.zero && !flags.minus);
  const text = flags.space ? prefix + (hex.match(/../g) ?? []).join(` ${prefix}`) : prefix + hex;
  return pad(budget.made(text), flags, budget);
}
