import { joined } from './go-string.js';

const characters: Readonly<Record<string, string>> = {
  a: '\u0007', b: '\b', f: '\f', n: '\n', r: '\r', t: '\t', v: '\v', '\\': '\\',
}; // prettier-ignore

const ESCAPE = /\\(?:([abfnrtv\\'"])|x([\da-fA-F]{2})|u([\da-fA-F]{4})|U([\da-fA-F]{8})|([0-7]{3}))|\\/g;

/** The string of a literal with its quotes, raw or not; undefined of one that is none. */
export function unquote(literal: string): string | undefined {
  const inside = literal.slice(1, -1);
  if (literal.startsWith('`')) return inside.replaceAll('\r', '');
  let isSound = true;
  const text = inside.replace(ESCAPE, (...groups: (string | undefined)[]) => {
    const one = escapeOf(groups, '"');
    isSound &&= one !== undefined;
    if (one === undefined) return '';
    return typeof one === 'string'
      ? one
      : one.byte < 0x80
        ? String.fromCharCode(one.byte)
        : String.fromCharCode(0xdc00 + one.byte);
  });
  return isSound ? joined(text) : undefined;
}

/** The code point of a literal between apostrophes; otherwise why it has none. */
export function unquoteRune(literal: string): number | string {
  const inside = literal.slice(1, -1);
  if (inside === '') return 'invalid syntax';
  ESCAPE.lastIndex = 0;
  const groups = inside.startsWith('\\') ? ESCAPE.exec(inside) : undefined;
  const one = groups ? escapeOf(groups, "'") : String.fromCodePoint(inside.codePointAt(0) ?? 0);
  if (one === undefined) return 'invalid syntax';
  const length = groups ? groups[0].length : (inside.codePointAt(0) ?? 0) > 0xffff ? 2 : 1;
  if (inside.length > length) return `malformed character constant: ${literal}`;
  return typeof one === 'string' ? (one.codePointAt(0) ?? 0) : one.byte;
}

function escapeOf(
  groups: readonly (string | undefined)[],
  mark: string,
): string | { byte: number } | undefined {
  const [, letter, hex, four, eight, octal] = groups;
  if (letter !== undefined) return letter === mark ? mark : characters[letter];
  if (hex !== undefined) return { byte: Number.parseInt(hex, 16) };
  if (octal !== undefined) {
    const byte = Number.parseInt(octal, 8);
    return byte > 255 ? undefined : { byte };
  }
  const codePoint = Number.parseInt(four ?? eight ?? '', 16);
  const isCharacter = codePoint <= 0x10ffff && !(codePoint >= 0xd800 && codePoint <= 0xdfff);
  return isCharacter ? String.fromCodePoint(codePoint) : undefined;
}

/** A number as its digits say: an integer, a float, or an integer that Go's int does not hold. */
export type NumberValue = bigint | number | 'overflow';

const INTEGER =
  /^([+-]?)(?:0[xX]((?:_?[\da-fA-F])+)|0[bB]((?:_?[01])+)|0[oO]?((?:_?[0-7])+)|([1-9](?:_?\d)*|0))$/;
const FLOAT = /^[+-]?(?:\d(?:_?\d)*)?(?:\.(?:\d(?:_?\d)*)?)?(?:[eE][+-]?\d(?:_?\d)*)?$/;
const HEX_FLOAT =
  /^([+-]?)0[xX]((?:_?[\da-fA-F])*)(?:\.([\da-fA-F](?:_?[\da-fA-F])*)?)?[pP]([+-]?\d(?:_?\d)*)$/;

/** The value of a literal, else an Error with what is wrong with it. */
export function parseNumber(literal: string): NumberValue | Error {
  const integer = INTEGER.exec(literal);
  if (integer !== null) {
    const [, sign, hex, binary, octal, decimal] = integer;
    const value =
      integerOf(hex, '0x') ??
      integerOf(binary, '0b') ??
      integerOf(octal, '0o') ??
      integerOf(decimal, '') ??
      0n;
    const signed = sign === '-' ? -value : value;
    if (signed >= -(2n ** 63n) && signed < 2n ** 63n) return signed;
    if (sign === '' && value < 2n ** 64n) return 'overflow';
  }
  const float = parseFloat64(literal);
  if (float === undefined || !Number.isFinite(float))
    return new Error(`illegal number syntax: ${JSON.stringify(literal)}`);
  return /[.eEpP]/.test(literal) ? float : new Error(`integer overflow: ${JSON.stringify(literal)}`);
}

function integerOf(digits: string | undefined, prefix: string): bigint | undefined {
  if (digits === undefined) return undefined;
  // A longer one overflows whatever its digits are, and need not be computed.
  const plain = digits.replaceAll('_', '').replace(/^0+(?=.)/, '');
  return plain.length > 64 ? 2n ** 64n : BigInt(prefix + plain);
}

function parseFloat64(literal: string): number | undefined {
  const hex = HEX_FLOAT.exec(literal);
  if (hex !== null) return hexFloat(hex);
  const isDecimal = FLOAT.test(literal) && /^[+-]?\.?\d/.test(literal);
  return isDecimal ? Number(literal.replaceAll('_', '')) : undefined;
}

function hexFloat([, sign, whole = '', fraction = '', exponent = '0']: RegExpExecArray): number | undefined {
  const digits = (whole + fraction).replaceAll('_', '');
  if (digits === '') return undefined;
  const scale = Number(exponent.replaceAll('_', '')) - 4 * fraction.replaceAll('_', '').length;
  // More digits than a float holds are cut off, which rounds towards zero where Go rounds to even.
  const mantissa = Number(BigInt(`0x${digits.slice(0, 64)}`));
  const power = scale + 4 * Math.max(0, digits.length - 64);
  // In two halves, of which neither is beyond what a float can be.
  const value = mantissa * 2 ** Math.trunc(power / 2) * 2 ** (power - Math.trunc(power / 2));
  return sign === '-' ? -value : value;
}
