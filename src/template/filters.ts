import { createHash } from 'node:crypto';
import { showValue } from '../errors.js';
import { lineOfValue, textOfValue, UnfitValue } from './value-text.js';

/** Writes a value in the language that surrounds it. @throws UnfitValue */
export type Escaper = (value: unknown) => string;

/**
 * POSIX shell (XCU §2.2.2): one single-quoted word per value; a list becomes several words. To be written where a word
 * may stand, never inside other quotes.
 */
function shell(value: unknown): string {
  return Array.isArray(value) ? value.map(shellWord).join(' ') : shellWord(value);
}

function shellWord(value: unknown): string {
  const text = textOfValue(value);
  if (text.includes('\0')) throw new UnfitValue('holds a NUL character, which no shell word can');
  return `'${text.replaceAll("'", "'\\''")}'`;
}

/** JSON on one line, with everything escaped that a YAML reader of 1.1 or 1.2 would take otherwise: it is a scalar, list or map there. */
function json(value: unknown): string {
  if (value === undefined) throw new UnfitValue('is missing');
  const text = JSON.stringify(value);
  if (text === undefined) throw new UnfitValue('is not a value that JSON can hold');
  return text.replace(/[\u007f-\u009f\u2028\u2029\ufeff\ufffe\uffff</]/g, escapeUnit);
}

function escapeUnit(character: string): string {
  return `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;
}

/** A part of a URL: all but letters, digits, `.`, `_` and `-` percent-encoded. Harmless in every language. */
function uri(value: unknown): string {
  const text = textOfValue(value);
  if (/\p{Cs}/u.test(text)) throw new UnfitValue(`${showValue(text)} is not well-formed Unicode`);
  return encodeURIComponent(text).replace(
    /[!'()*~]/g,
    (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`,
  );
}

/** A path of several segments: as `uri`, but `/` stays. */
function urlPath(value: unknown): string {
  return textOfValue(value).split('/').map(uri).join('/');
}

/** RFC 4648 §4, of the UTF-8 bytes. */
function base64(value: unknown): string {
  return Buffer.from(textOfValue(value), 'utf8').toString('base64');
}

/** RFC 2397. Not for a place by itself: put `| yaml` or `| json` behind it. */
function dataUrl(value: unknown): string {
  return `data:;base64,${base64(value)}`;
}

/** 64 lower-case hex digits of the UTF-8 bytes. */
function sha256(value: unknown): string {
  return createHash('sha256').update(textOfValue(value), 'utf8').digest('hex');
}

/** A plain decimal number. */
function number(value: unknown): string {
  const parsed = typeof value === 'number' ? value : Number(lineOfValue(value).trim() || Number.NaN);
  if (!Number.isFinite(parsed)) throw new UnfitValue(`${showValue(value)} is not a number`);
  return Number.isSafeInteger(parsed) ? BigInt(parsed).toString() : String(parsed);
}

/** One line of text for a line-based format that knows no quoting (preseed, kickstart, hosts files). */
function line(value: unknown): string {
  return lineOfValue(value).trim();
}

/** The value of a setting in a systemd unit (systemd.syntax(7)): `%` begins a specifier there, a last `\` joins lines. */
function unit(value: unknown): string {
  const text = line(value);
  if (text.endsWith('\\'))
    throw new UnfitValue(`${showValue(text)} ends in a backslash, which would join the next line to it`);
  return text.replaceAll('%', '%%');
}

/**
 * A part of one word of an iPXE command. iPXE has no quoting: blanks end a word, `${…}` is replaced wherever it stands, and `||`,
 * `&&`, `;` and `#…` end the command.
 */
function ipxe(value: unknown): string {
  const text = ipxeWord(value);
  if (text.includes('$')) throw new UnfitValue(`${showValue(text)} holds a $, which iPXE would replace`);
  return text;
}

/** Kernel arguments of the operator, a text or a list: as `ipxe`, but `${…}` is left for iPXE to replace. */
function ipxeArguments(value: unknown): string {
  return (Array.isArray(value) ? value : [value]).map(ipxeWord).join(' ');
}

function ipxeWord(value: unknown): string {
  const text = textOfValue(value);
  if (!/^[\x21-\x7e]+$/.test(text)) {
    throw new UnfitValue(
      `${showValue(text)} is empty or holds blanks or other characters than printable ASCII, which iPXE cannot take as one word`,
    );
  }
  if (/^(#|\|\||&&|;)/.test(text) || text.endsWith('\\')) {
    throw new UnfitValue(`${showValue(text)} would end the iPXE command or join the next line to it`);
  }
  return text;
}

/** A text for a person at the console, after `echo` and a word of your own: what iPXE would act upon is left out. */
function ipxeText(value: unknown): string {
  return textOfValue(value)
    .normalize('NFKD')
    .replace(/[‘’]/g, "'")
    .replace(/[^\x20-\x7e]+/g, ' ')
    .replace(/[$#|;&\\]/g, ' ')
    .replace(/ {2,}/g, ' ')
    .trim();
}

/** Puts a text out as it is. For what no machine or request can choose, and what its author wrote for this very place. */
function trusted(value: unknown): string {
  return textOfValue(value);
}

/** The filters by which values reach the output. Each `{{ … }}` ends in one of them. */
export const escapers = {
  shell,
  json,
  yaml: json,
  uri,
  urlPath,
  base64,
  dataUrl,
  sha256,
  number,
  line,
  unit,
  ipxe,
  ipxeArguments,
  ipxeText,
  trusted,
} as const satisfies Readonly<Record<string, Escaper>>;
