import type { FileHandle } from 'node:fs/promises';
import { Interrupted, interruption, type FetchAnswer } from './fetch-client.js';
import { assertSize, writeAll, type Brought, type FetchOptions, type WantedFile } from './fetch-wanted.js';

/** Without ranges: a break means to begin anew. */
export async function bringInOneGo(
  wanted: WantedFile,
  file: FileHandle,
  { headers, body }: FetchAnswer,
  { signal, onProgress }: FetchOptions,
): Promise<Brought> {
  const total = headers['content-length'] === undefined ? undefined : Number(headers['content-length']);
  if (total !== undefined) assertSize(wanted, total);
  await file.truncate(0);
  let done = 0;
  try {
    for await (const chunk of body) {
      if (!(chunk instanceof Uint8Array)) continue;
      await writeAll(file, chunk, done);
      done += chunk.length;
      onProgress?.(done, total);
      if (wanted.size !== undefined && done > wanted.size) assertSize(wanted, done);
    }
  } catch (error) {
    body.destroy();
    throw interruption(error, signal);
  }
  if (total !== undefined && done !== total) throw new Interrupted(`${done} of ${total} bytes came`);
  assertSize(wanted, done);
  return { size: done, isPieced: false };
}
