import { toBytes } from './go-string.js';
import { isPrintable } from './quote.js';

const html: Readonly<Record<string, string>> = {
  '\u0000': '\ufffd', '"': '&#34;', "'": '&#39;', '&': '&amp;', '<': '&lt;', '>': '&gt;',
}; // prettier-ignore

export function escapeHtml(text: string): string {
  // oxlint-disable-next-line no-control-regex
  return text.replace(/[\u0000"'&<>]/g, (character) => html[character] ?? character);
}

/** For a string of JavaScript. */
export function escapeScript(text: string): string {
  // oxlint-disable-next-line no-control-regex
  return text.replace(/[\u0000-\u001f\\'"<>&=\u0080-\u{10ffff}]/gu, (character) => {
    if ('\\\'"'.includes(character)) return `\\${character}`;
    const codePoint = character.codePointAt(0) ?? 0;
    if (codePoint >= 0x80 && isPrintable(codePoint)) return character;
    // A byte that is no UTF-8 counts as U+FFFD, which can be printed.
    if (codePoint >= 0xd800 && codePoint <= 0xdfff) return '\ufffd';
    return `\\u${codePoint.toString(16).toUpperCase().padStart(4, '0')}`;
  });
}

/** For a query of a URL. */
export function escapeQuery(text: string): string {
  return toBytes(text)
    .toString('latin1')
    .replace(/[^\w.~-]/g, (byte) => {
      if (byte === ' ') return '+';
      return `%${byte.charCodeAt(0).toString(16).toUpperCase().padStart(2, '0')}`;
    });
}
