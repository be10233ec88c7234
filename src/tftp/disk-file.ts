import { readSync } from 'node:fs';
import type { FileHandle } from 'node:fs/promises';
import { FileCutShort } from './errors.js';
import type { TftpFile } from './source.js';

/** A file that is read from disk as it is sent. Closing it closes the handle. */
export function diskFile(handle: FileHandle, size: number): TftpFile {
  return {
    size,
    content: undefined,
    readInto: (target, offset) => {
      let filled = 0;
      while (filled < target.length) {
        const read = readSync(handle.fd, target, filled, target.length - filled, offset + filled);
        if (read === 0) throw new FileCutShort(offset, target.length, filled);
        filled += read;
      }
    },
    close: () => handle.close(),
  };
}

/** @throws FileCutShort when the file has become shorter. */
export async function readWhole(handle: FileHandle, size: number): Promise<Uint8Array> {
  const bytes = Buffer.allocUnsafeSlow(size);
  let filled = 0;
  while (filled < size) {
    const { bytesRead } = await handle.read(bytes, filled, size - filled, filled);
    if (bytesRead === 0) throw new FileCutShort(0, size, filled);
    filled += bytesRead;
  }
  return bytes;
}
