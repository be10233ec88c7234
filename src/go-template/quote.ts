import { rawByte } from './go-string.js';

const PRINTABLE = /^[\p{L}\p{M}\p{N}\p{P}\p{S} ]$/u;

const short: Readonly<Record<number, string>> = {
  7: '\\a', 8: '\\b', 9: '\\t', 10: '\\n', 11: '\\v', 12: '\\f', 13: '\\r', 92: '\\\\',
}; // prettier-ignore

/** A string as a literal of Go, as `%q` prints it. */
export function quote(text: string, asciiOnly = false): string {
  let made = '"';
  for (const character of text) made += escaped(character, '"', asciiOnly);
  return `${made}"`;
}

/** A code point as a literal of Go. */
export function quoteRune(codePoint: number, asciiOnly: boolean): string {
  return `'${escaped(String.fromCodePoint(codePoint), "'", asciiOnly)}'`;
}

/** A string between backquotes, where such a literal can hold it. */
export function backquoted(text: string): string | undefined {
  // oxlint-disable-next-line no-control-regex
  return /[\u0000-\u0008\u000a-\u001f\u007f`\ufeff]|[\ud800-\udfff]/u.test(text) ? undefined : `\`${text}\``;
}

/** As `%#U` prints it. */
export function unicodeName(codePoint: number): string {
  const name = `U+${hex(codePoint, 4).toUpperCase()}`;
  return isPrintable(codePoint) ? `${name} '${String.fromCodePoint(codePoint)}'` : name;
}

export function isPrintable(codePoint: number): boolean {
  return codePoint < 0x7f ? codePoint >= 0x20 : PRINTABLE.test(String.fromCodePoint(codePoint));
}

function escaped(character: string, quoteMark: string, asciiOnly: boolean): string {
  const codePoint = character.codePointAt(0) ?? 0;
  if (character === quoteMark) return `\\${character}`;
  if (codePoint !== 92 && isPrintable(codePoint) && (!asciiOnly || codePoint < 0x80)) return character;
  const byte = rawByte(codePoint);
  if (byte !== undefined) return `\\x${hex(byte, 2)}`;
  const known = short[codePoint];
  if (known !== undefined) return known;
  if (codePoint < 0x20 || codePoint === 0x7f) return `\\x${hex(codePoint, 2)}`;
  return codePoint > 0xffff ? `\\U${hex(codePoint, 8)}` : `\\u${hex(codePoint, 4)}`;
}

function hex(value: number, digits: number): string {
  return value.toString(16).padStart(digits, '0');
}
