import type { FileHandle } from 'node:fs/promises';
import { Readable } from 'node:stream';

export interface FilePart {
  readonly start: number;
  /** Included. */
  readonly end: number;
  /** How many bytes are read at a time. */
  readonly chunk: number;
  /** Called when the file ends too early, because it was cut short meanwhile: whoever waits for the rest would wait for ever. */
  readonly onShort: () => void;
}

/**
 * The one place where bytes of files leave. Reads nothing ahead: what waits in its reader's connection is enough. Closes the file when it ends,
 * or is destroyed.
 */
export function fileStream(handle: FileHandle, { start, end, chunk, onShort }: FilePart): Readable {
  let position = start;
  let reading = Promise.resolve();
  const readOn = async (stream: Readable): Promise<void> => {
    const length = Math.min(chunk, end + 1 - position);
    if (length <= 0) {
      stream.push(null);
      return;
    }
    const { buffer, bytesRead } = await handle.read(Buffer.allocUnsafeSlow(length), 0, length, position);
    position += bytesRead;
    if (bytesRead === 0) onShort();
    else stream.push(bytesRead === length ? buffer : buffer.subarray(0, bytesRead));
  };
  const stream = new Readable({
    highWaterMark: 0,
    read(): void {
      reading = readOn(this).catch((error: Error) => void this.destroy(error));
    },
  });
  // A file that is closed while it is read would hand its descriptor to another one.
  stream.once('close', () => void reading.then(() => handle.close()));
  return stream;
}
