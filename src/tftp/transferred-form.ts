import { FileRefused } from './errors.js';
import { toNetascii } from './netascii.js';
import type { RequestPacket } from './packet.js';
import { memoryFile, type TftpFile } from './source.js';

/** Octets; netascii has to be converted as a whole before its size is known. */
const LARGEST_NETASCII_BYTES = 16 * 1024 * 1024;

/**
 * The file as the mode of the request has it. Takes over the file, and closes it where another one is returned.
 * @throws FileRefused
 */
export async function transferredForm(file: TftpFile, { mode, filename }: RequestPacket): Promise<TftpFile> {
  if (mode !== 'netascii') return file;
  try {
    if (file.size > LARGEST_NETASCII_BYTES) throw new FileRefused(filename, 'it is too large for netascii');
    return memoryFile(toNetascii(file.content ?? wholeOf(file)));
  } finally {
    await file.close();
  }
}

function wholeOf(file: TftpFile): Uint8Array {
  const bytes = new Uint8Array(file.size);
  file.readInto(bytes, 0);
  return bytes;
}
