import { isUtf8 } from 'node:buffer';

/** Where a file is not the text that it should be; `offset` counts characters of what could be read. */
export interface NotText {
  readonly text: string;
  readonly offset: number;
  readonly message: string;
}

/** The text of a file, or why it is none. */
export function textOfBytes(bytes: Uint8Array): string | NotText {
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
