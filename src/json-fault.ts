import { cleanText, shorten, showValue } from './errors.js';

const BLANKS = /[ \t\r\n]*/y;
const LEXEME =
  /[{}[\]:,]|"(?:[^"\\\p{Cc}]|[\u007f-\u009f]|\\(?:["\\/bfnrt]|u[\da-fA-F]{4}))*"|-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?|true|false|null/uy;

/** Kinds of lexemes by their first character; `v` is a number, true, false or null. */
const VALUE = '{["v';
const KEY = '"';

/**
 * Where a text stops being JSON: the first UTF-16 unit of the lexeme that may not stand there; the text's length where it is
 * whole, or only ends too early. What `JSON.parse` says tells it in some versions of Node, and for some faults.
 */
function offsetOfFault(text: string): number {
  const closers: string[] = [];
  const afterValue = () => (closers.length === 0 ? '' : `,${closers.at(-1)}`);
  let may = VALUE;
  for (let at = past(BLANKS, text, 0); at < text.length;) {
    const end = past(LEXEME, text, at);
    const first = text[at] ?? '';
    const kind = '{}[]:,"'.includes(first) ? first : 'v';
    if (end === at || !may.includes(kind)) return at;
    if (kind === '{' || kind === '[') {
      closers.push(kind === '{' ? '}' : ']');
      may = kind === '{' ? `${KEY}}` : `${VALUE}]`;
    } else if (kind === '}' || kind === ']') {
      closers.pop();
      may = afterValue();
    } else if (kind === ',') may = closers.at(-1) === '}' ? KEY : VALUE;
    else if (kind === ':') may = VALUE;
    else may = may.startsWith(KEY) ? ':' : afterValue();
    at = past(BLANKS, text, end);
  }
  return text.length;
}

function past(pattern: RegExp, text: string, at: number): number {
  pattern.lastIndex = at;
  return pattern.test(text) ? pattern.lastIndex : at;
}

/** The line of what `JSON.parse` stumbled over: 1 for the first; the last that holds something, where the text ends too early. */
export function lineOfJsonFault(text: string): number {
  const offset = Math.min(offsetOfFault(text), text.trimEnd().length);
  return text.slice(0, offset).split('\n').length;
}

/** Why a text is no JSON, with its line, in one line; undefined where it is. @param path as it is named in the message */
export function faultOfJson(text: string, path: string): string | undefined {
  try {
    JSON.parse(text);
    return undefined;
  } catch (error) {
    const line = lineOfJsonFault(text);
    return `${path}:${line}: ${showValue(lineAt(text, line))} is no JSON: ${saidOfJson(error)}`;
  }
}

/** @param line 1 for the first. */
export function lineAt(text: string, line: number): string {
  return text.split('\n')[line - 1]?.trim() ?? '';
}

/** What `JSON.parse` says of a text, in one line. */
export function saidOfJson(error: unknown): string {
  const said = error instanceof Error ? error.message : String(error);
  return shorten(cleanText(said.replace(/\s+/g, ' ')), 200);
}
