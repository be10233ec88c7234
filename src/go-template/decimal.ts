/** A number other than zero as digits without zeros at the end, with the point so many digits from the left. Zero has no digits. */
export interface Decimal {
  readonly digits: string;
  readonly point: number;
}

/** The fewest digits that are this number and no other. */
export function shortest(value: number): Decimal {
  const [digits = '', exponent = '0'] = Math.abs(value).toExponential().replace('.', '').split('e');
  return trimmed(digits, Number(exponent) + 1);
}

/** The number rounded to so many digits, half to even, from its exact value. */
export function toDigits(value: number, digits: number): Decimal {
  return rounded(exact(value), digits);
}

/** The number rounded to so many digits behind the point. */
export function toPlaces(value: number, places: number): Decimal {
  const all = exact(value);
  return rounded(all, all.point + places);
}

function exact(value: number): Decimal {
  const { mantissa, exponent } = parts(value);
  if (exponent >= 0) {
    const digits = (mantissa << BigInt(exponent)).toString();
    return trimmed(digits, digits.length);
  }
  const digits = (mantissa * 5n ** BigInt(-exponent)).toString();
  return trimmed(digits, digits.length + exponent);
}

function rounded(all: Decimal, count: number): Decimal {
  const { digits, point } = all;
  if (count >= digits.length) return all;
  if (count < 0) return { digits: '', point: 0 };
  const kept = digits.slice(0, count);
  const rest = digits.slice(count);
  const isEven = count === 0 || Number(kept.at(-1)) % 2 === 0;
  const isHalf = rest === '5';
  if (rest < '5' || (isHalf && isEven)) return trimmed(kept, point);
  const next = (BigInt(kept || '0') + 1n).toString().padStart(count, '0');
  return trimmed(next, point + next.length - count);
}

function trimmed(all: string, point: number): Decimal {
  const digits = withoutZeros(all);
  return { digits, point: digits === '' ? 0 : point };
}

/** Digits without the zeros at their end. */
export function withoutZeros(digits: string): string {
  let end = digits.length;
  while (end > 0 && digits[end - 1] === '0') end -= 1;
  return digits.slice(0, end);
}

/** The number without its sign is mantissa × 2^exponent. */
export function parts(value: number): { mantissa: bigint; exponent: number } {
  const view = new DataView(new ArrayBuffer(8));
  view.setFloat64(0, value);
  const bits = view.getBigUint64(0);
  const biased = Number((bits >> 52n) & 0x7ffn);
  const fraction = bits & 0xf_ffff_ffff_ffffn;
  return { mantissa: biased === 0 ? fraction : fraction | (1n << 52n), exponent: Math.max(biased, 1) - 1075 };
}
