import { FileRefused } from './errors.js';
import type { RequestPacket } from './packet.js';
import { memoryFile, type TftpFile } from './source.js';

/** Of files that are kept in memory, so that all who ask for the same text share one conversion. */
const converted = new WeakMap<Uint8Array, Uint8Array>();

/**
 * The file as the mode of the request has it. Netascii has to be converted as a whole before its size is known, so that only what is in
 * memory can be had as text. Takes over the file: it is closed with the one that is returned, and when it is refused.
 * @throws FileRefused
 */
export async function transferredForm(file: TftpFile, { mode, filename }: RequestPacket): Promise<TftpFile> {
  if (mode !== 'netascii') return file;
  const { content } = file;
  if (!content) {
    await file.close();
    throw new FileRefused(filename, 'it is too large for netascii');
  }
  const text = converted.get(content) ?? toNetascii(content);
  converted.set(content, text);
  return { ...memoryFile(text), close: () => file.close() };
}

const LF = 0x0a;
const CR = 0x0d;
const NUL = 0x00;

/** RFC 764's line ends, for RFC 1350's `netascii`: LF becomes CR LF, CR becomes CR NUL. */
export function toNetascii(bytes: Uint8Array): Uint8Array {
  let extra = 0;
  for (const byte of bytes) if (byte === LF || byte === CR) extra += 1;
  if (extra === 0) return bytes;
  const converted = new Uint8Array(bytes.length + extra);
  let at = 0;
  for (const byte of bytes) {
    if (byte === LF) converted[at++] = CR;
    converted[at++] = byte;
    if (byte === CR) converted[at++] = NUL;
  }
  return converted;
}
