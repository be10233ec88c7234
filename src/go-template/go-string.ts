// Strings of Go are bytes, mostly UTF-8. Here they are JavaScript's, in which a byte that is no UTF-8 is the lone surrogate
// U+DC00 + byte: so `slice` may cut a character in two, and what is put together again is whole again.

const LONE_SURROGATE = /[\ud800-\udfff]/u;

/** The string of these bytes. */
export function fromBytes(bytes: Buffer): string {
  const text = bytes.toString('utf8');
  if (!text.includes('\ufffd')) return text;
  let made = '';
  for (let place = 0; place < bytes.length;) {
    const character = characterAt(bytes, place);
    made += character ?? String.fromCharCode(0xdc00 + (bytes[place] ?? 0));
    place += character === undefined ? 1 : Buffer.byteLength(character);
  }
  return made;
}

function characterAt(bytes: Buffer, place: number): string | undefined {
  const first = bytes[place] ?? 0;
  const length = first < 0x80 ? 1 : first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4;
  const text = bytes.toString('utf8', place, place + length);
  return Buffer.from(text).equals(bytes.subarray(place, place + length)) ? text : undefined;
}

export function toBytes(text: string): Buffer {
  if (!LONE_SURROGATE.test(text)) return Buffer.from(text, 'utf8');
  return Buffer.concat(Array.from(text, (character) => bytesOf(character)));
}

function bytesOf(character: string): Buffer {
  const byte = rawByte(character.codePointAt(0) ?? 0);
  return byte === undefined ? Buffer.from(character, 'utf8') : Buffer.of(byte);
}

/** The byte that such a code point stands for. */
export function rawByte(codePoint: number): number | undefined {
  return codePoint >= 0xdc80 && codePoint <= 0xdcff ? codePoint - 0xdc00 : undefined;
}

/** A string that was put together, in which bytes that now make a character are that character. */
export function joined(text: string): string {
  return LONE_SURROGATE.test(text) ? fromBytes(toBytes(text)) : text;
}

/** A string for the world outside: what is no UTF-8 is U+FFFD. */
export function forOutside(text: string): string {
  return LONE_SURROGATE.test(text) ? toBytes(text).toString('utf8') : text;
}

export function byteLength(text: string): number {
  return LONE_SURROGATE.test(text) ? toBytes(text).length : Buffer.byteLength(text);
}

export function byteSlice(text: string, start: number, end: number): string {
  if (Buffer.byteLength(text) === text.length) return text.slice(start, end);
  return fromBytes(toBytes(text).subarray(start, end));
}

/** Code points. */
export function runeCount(text: string): number {
  let count = 0;
  for (let place = 0; place < text.length; count++) place += isPairAt(text, place) ? 2 : 1;
  return count;
}

/** The first so many code points. */
export function firstRunes(text: string, count: number): string {
  let place = 0;
  for (let left = count; left > 0 && place < text.length; left--) place += isPairAt(text, place) ? 2 : 1;
  return text.slice(0, place);
}

function isPairAt(text: string, place: number): boolean {
  return (text.codePointAt(place) ?? 0) > 0xffff;
}

/** The order of their bytes, which is that of their code points. */
export function compareStrings(a: string, b: string): number {
  if (a === b) return 0;
  const shorter = Math.min(a.length, b.length);
  for (let place = 0; place < shorter; place++) {
    const one = a.charCodeAt(place);
    const other = b.charCodeAt(place);
    if (one === other) continue;
    // The units of pairs, and bytes, are not in the order of what they stand for.
    return isSurrogate(one) || isSurrogate(other) ? Buffer.compare(toBytes(a), toBytes(b)) : one - other;
  }
  return a.length - b.length;
}

function isSurrogate(unit: number): boolean {
  return unit >= 0xd800 && unit <= 0xdfff;
}
