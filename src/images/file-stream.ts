import type { FileHandle } from 'node:fs/promises';
import type { Readable } from 'node:stream';

export interface FilePart {
  readonly start: number;
  /** Included. */
  readonly end: number;
  /** How many bytes are read at a time. */
  readonly chunk: number;
  /** Called when the file ends too early, because it was cut short meanwhile: whoever waits for the rest would wait for ever. */
  readonly onShort: () => void;
}

/** The one place where bytes of files leave. Closes the file when it ends, or is destroyed. */
export function fileStream(handle: FileHandle, { start, end, chunk, onShort }: FilePart): Readable {
  const length = end - start + 1;
  const stream = handle.createReadStream({ start, end, highWaterMark: Math.min(length, chunk) });
  stream.once('end', () => {
    if (stream.bytesRead < length) onShort();
  });
  return stream;
}
