import { isUtf8 } from 'node:buffer';

/** Where a file is not the text that it should be; `offset` counts characters of what could be read. */
export interface NotText {
  readonly text: string;
  readonly offset: number;
  readonly message: string;
}

/** The text of a file that a parser may be given, or why it is none. */
export function readableText(source: string | Uint8Array): string | NotText {
  const text = typeof source === 'string' ? source : textOfBytes(source);
  return typeof text === 'string' ? (tooDeep(text) ?? text) : text;
}

const DEEPEST = 256;
/** Marks and blanks before the first word of a line. */
const LONGEST_INDENT = 512;

/** Where a text is nested so deeply that a parser would run out of stack; undefined where it is not. */
function tooDeep(text: string): NotText | undefined {
  const message = 'is not YAML: it is nested too deeply';
  const indented = new RegExp(`^(?:[-?:]?[ \\t]){${LONGEST_INDENT}}`, 'm').exec(text);
  if (indented) return { text, offset: indented.index, message };
  let depth = 0;
  for (let offset = 0; offset < text.length; offset += 1) {
    const mark = text[offset];
    if (mark === '[' || mark === '{') depth += 1;
    else if (mark === ']' || mark === '}') depth = Math.max(0, depth - 1);
    if (depth > DEEPEST) return { text, offset, message };
  }
  return undefined;
}

function textOfBytes(bytes: Uint8Array): string | NotText {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const text = buffer.toString('utf8');
  if ((bytes[0] === 0xff && bytes[1] === 0xfe) || (bytes[0] === 0xfe && bytes[1] === 0xff))
    return { text, offset: 0, message: 'is UTF-16: save the file as UTF-8' };
  const nul = text.indexOf('\0');
  if (nul >= 0)
    return { text, offset: nul, message: 'is not text (a zero byte stands here): name a YAML file' };
  if (isUtf8(buffer)) return text;
  return {
    text,
    offset: Math.max(0, text.indexOf('\u{fffd}')),
    message: 'is not UTF-8: save the file as UTF-8',
  };
}
