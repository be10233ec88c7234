import type { FileHandle } from 'node:fs/promises';
import { FileCutShort } from './errors.js';
import type { TftpFile } from './source.js';

/** A file that is read from disk as it is sent. Closing it closes the handle. */
export function streamedFile(handle: FileHandle, size: number): TftpFile {
  return {
    size,
    content: undefined,
    read: (offset, length) => readExactly(handle, offset, length),
    close: () => handle.close(),
  };
}

/** @throws FileCutShort when the file has become shorter. */
export async function readExactly(handle: FileHandle, offset: number, length: number): Promise<Uint8Array> {
  const bytes = Buffer.allocUnsafeSlow(length);
  let filled = 0;
  while (filled < length) {
    const { bytesRead } = await handle.read(bytes, filled, length - filled, offset + filled);
    if (bytesRead === 0) throw new FileCutShort(offset, length, filled);
    filled += bytesRead;
  }
  return bytes;
}
