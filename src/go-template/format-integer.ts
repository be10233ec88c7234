import type { Budget } from './bounds.js';
import { pad, type Flags } from './format-flags.js';
import { isPrintable, quoteRune } from './quote.js';

const bases: Readonly<Record<string, number>> = { v: 10, d: 10, b: 2, o: 8, O: 8, x: 16, X: 16 };

/** An integer as its verbs print it; undefined for a verb that is not for integers. */
export function formatInteger(value: bigint, verb: string, flags: Flags, budget: Budget): string | undefined {
  const base = bases[verb];
  if (base !== undefined) return inBase(value, base, verb, flags, budget);
  const rune =
    value >= 0n && value <= 0x10ffffn && !(value >= 0xd800n && value <= 0xdfffn) ? Number(value) : 0xfffd;
  if (verb === 'c') return pad(String.fromCodePoint(rune), flags, budget);
  if (verb === 'q') return pad(quoteRune(rune, flags.plus), flags, budget);
  return verb === 'U' ? unicode(value, flags, budget) : undefined;
}

function inBase(value: bigint, base: number, verb: string, flags: Flags, budget: Budget): string {
  const { precision, width = 0 } = flags;
  budget.room(Math.max(precision ?? 0, width));
  if (precision === 0 && value === 0n) return ' '.repeat(width);
  const sign = value < 0n ? '-' : flags.plus ? '+' : flags.space ? ' ' : '';
  const isPadded = flags.zero && !flags.minus && width > 0;
  const least = precision ?? (isPadded ? width - sign.length : 0);
  let digits = (value < 0n ? -value : value).toString(base).padStart(least, '0');
  if (verb === 'X') digits = digits.toUpperCase();
  return pad(sign + prefixOf(digits, base, verb, flags) + digits, flags, budget, false);
}

function prefixOf(digits: string, base: number, verb: string, flags: Flags): string {
  const octal = verb === 'O' ? '0o' : '';
  if (!flags.sharp) return octal;
  if (base === 2) return '0b';
  if (base === 16) return verb === 'X' ? '0X' : '0x';
  return octal + (base === 8 && !digits.startsWith('0') ? '0' : '');
}

function unicode(value: bigint, flags: Flags, budget: Budget): string {
  const digits = BigInt.asUintN(64, value).toString(16).toUpperCase();
  budget.room(flags.precision ?? 0);
  const name = `U+${digits.padStart(Math.max(flags.precision ?? 4, 4), '0')}`;
  const isShown = flags.sharp && value >= 0n && value <= 0x10ffffn && isPrintable(Number(value));
  return pad(isShown ? `${name} '${String.fromCodePoint(Number(value))}'` : name, flags, budget, false);
}
