import type { Budget } from './bounds.js';
import { parts, shortest, toDigits, toPlaces, withoutZeros, type Decimal } from './decimal.js';
import { pad, type Flags } from './format-flags.js';

/** No float has more digits behind its point; beyond them stand zeros. */
const MOST_PLACES = 1100;

/** A float as `%v %e %E %f %F %g %G %b %x %X` print it; undefined for a verb that is not for floats. */
export function formatFloat(value: number, verb: string, flags: Flags, budget: Budget): string | undefined {
  const style = verb === 'v' ? 'g' : verb === 'F' ? 'f' : verb;
  if (!'efgbx'.includes(style.toLowerCase()) || style === 'B') return undefined;
  const precision = flags.precision ?? ('efE'.includes(style) ? 6 : undefined);
  budget.spend(8);
  budget.room(precision ?? 0);
  const sign = value < 0 || Object.is(value, -0) ? '-' : flags.plus ? '+' : flags.space ? ' ' : '';
  if (!Number.isFinite(value)) {
    return pad(Number.isNaN(value) ? `${sign}NaN` : `${sign || '+'}Inf`, flags, budget, false);
  }
  let text = unsigned(value, style, precision);
  if (flags.sharp && style !== 'b') text = withPoint(text, style, precision);
  const width = (flags.width ?? 0) - sign.length;
  if (flags.zero && !flags.minus && sign !== '' && width > text.length) {
    budget.room(width);
    return sign + text.padStart(width, '0');
  }
  return pad(sign + text, flags, budget);
}

function unsigned(value: number, style: string, precision: number | undefined): string {
  switch (style) {
    case 'b': {
      const { mantissa, exponent } = parts(value);
      return `${mantissa}p${exponent < 0 ? '' : '+'}${exponent}`;
    }
    case 'x':
      return hexadecimal(value, precision);
    case 'f':
      return plain(
        precision === undefined ? shortest(value) : toPlaces(value, Math.min(precision, MOST_PLACES)),
        precision ?? 0,
      );
    case 'e':
      return exponential(toDigits(value, Math.min(precision ?? 0, MOST_PLACES) + 1), precision ?? 0);
    case 'g':
      return general(value, precision);
    default:
      return unsigned(value, style.toLowerCase(), precision).toUpperCase();
  }
}

function general(value: number, precision: number | undefined): string {
  const asked = precision === 0 ? 1 : precision;
  const decimal = asked === undefined ? shortest(value) : toDigits(value, Math.min(asked, MOST_PLACES));
  const count = decimal.digits.length;
  const digits = asked ?? count;
  const isWhole = digits > count && count >= decimal.point;
  const longest = asked === undefined ? 6 : isWhole ? count : digits;
  const exponent = decimal.point - 1;
  if (exponent < -4 || exponent >= longest) return exponential(decimal, Math.min(digits, count) - 1);
  return plain(decimal, Math.max((digits > decimal.point ? count : digits) - decimal.point, 0));
}

function exponential({ digits, point }: Decimal, places: number): string {
  const exponent = digits === '' ? 0 : point - 1;
  const shown = digits.padEnd(places + 1, '0');
  const power = String(Math.abs(exponent)).padStart(2, '0');
  return `${withFraction(shown[0] ?? '0', shown.slice(1, places + 1))}e${exponent < 0 ? '-' : '+'}${power}`;
}

function plain({ digits, point }: Decimal, places: number): string {
  const whole = point > 0 ? digits.slice(0, point).padEnd(point, '0') : '0';
  const fraction = '0'.repeat(Math.min(Math.max(-point, 0), places)) + digits.slice(Math.max(point, 0));
  return withFraction(whole, fraction.slice(0, places).padEnd(places, '0'));
}

function hexadecimal(value: number, precision: number | undefined): string {
  let { mantissa, exponent } = parts(value);
  if (mantissa === 0n) return `0x${withFraction('0', '0'.repeat(precision ?? 0))}p+00`;
  while (mantissa < 1n << 52n) [mantissa, exponent] = [mantissa << 1n, exponent - 1];
  if (precision !== undefined && precision < 13) {
    const dropped = BigInt(4 * (13 - precision));
    const half = 1n << (dropped - 1n);
    const rest = mantissa & ((1n << dropped) - 1n);
    mantissa >>= dropped;
    if (rest > half || (rest === half && mantissa % 2n === 1n)) mantissa += 1n;
    mantissa <<= dropped;
    if (mantissa >= 1n << 53n) [mantissa, exponent] = [mantissa >> 1n, exponent + 1];
  }
  const all = (mantissa & ((1n << 52n) - 1n)).toString(16).padStart(13, '0');
  const fraction =
    precision === undefined ? withoutZeros(all) : all.slice(0, precision).padEnd(precision, '0');
  const power = exponent + 52;
  return `0x${withFraction('1', fraction)}p${power < 0 ? '-' : '+'}${String(Math.abs(power)).padStart(2, '0')}`;
}

/** What the flag `#` adds: the point, and for `%g` and `%x` the zeros at the end. */
function withPoint(text: string, style: string, precision: number | undefined): string {
  const isHexadecimal = style === 'x' || style === 'X';
  const tailAt = text.search(isHexadecimal ? /[pP]/ : /[eE]/);
  const [head, tail] = tailAt < 0 ? [text, ''] : [text.slice(0, tailAt), text.slice(tailAt)];
  let missing = style === 'g' || style === 'G' || style === 'x' ? (precision ?? 6) : 0;
  missing -= head.replace('.', '').replace(/^0+/, '').length;
  if (!head.includes('.') && head === '0') missing -= 1;
  return `${head}${head.includes('.') ? '' : '.'}${'0'.repeat(Math.max(missing, 0))}${tail}`;
}

function withFraction(whole: string, fraction: string): string {
  return fraction === '' ? whole : `${whole}.${fraction}`;
}
