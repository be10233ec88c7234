import type { Scalar } from 'yaml';

const YES = new Set(['y', 'Y', 'yes', 'on']);
const NO = new Set(['n', 'N', 'no', 'off']);

/** As Go's yaml.v3 reads a scalar into a bool: also YAML 1.1's words. Undefined for what is none. */
export function flagIn(text: string, type: Scalar['type']): boolean | undefined {
  if (YES.has(text)) return true;
  if (NO.has(text)) return false;
  if (type !== 'PLAIN') return undefined;
  if (/^(?:true|True|TRUE)$/.test(text)) return true;
  return /^(?:false|False|FALSE)$/.test(text) ? false : undefined;
}

/** As yaml.v3 reads a scalar into an int: a leading 0 is octal, as in `mode: 0644`. Undefined for what is none. */
export function integerIn(text: string, type: Scalar['type']): number | undefined {
  if (type !== 'PLAIN') return undefined;
  const [, sign = '', digits = ''] = /^([-+]?)([0-9][0-9a-fA-FxXoO_]*)$/.exec(text) ?? [];
  const plain = digits.replaceAll('_', '');
  const size = /^0[0-7]+$/.test(plain)
    ? Number.parseInt(plain, 8)
    : /^(?:[0-9]+|0[xX][0-9a-fA-F]+|0[oO][0-7]+|0[bB][01]+)$/.test(plain)
      ? Number(plain)
      : Number.NaN;
  if (!Number.isSafeInteger(size)) return undefined;
  return sign === '-' && size !== 0 ? -size : size;
}

/** Whether a mode was most likely meant in octal: `644` is 01204. */
export function isModeInDecimal(text: string, mode: number): boolean {
  return mode > 0o777 && /^[1-7][0-7]{2,3}$/.test(text);
}
