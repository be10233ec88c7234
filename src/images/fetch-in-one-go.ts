import type { FileHandle } from 'node:fs/promises';
import { writeFully } from '../files/durable-file.js';
import { Interrupted, interruption, type FetchAnswer } from './fetch-client.js';
import { everyBytes, LOOK_AGAIN_BYTES } from './disk-room.js';
import {
  assertAllowedSize,
  assertRoom,
  assertSize,
  type Brought,
  type FetchOptions,
  type WantedFile,
} from './fetch-wanted.js';

/** Without ranges: a break means to begin anew. */
export async function bringInOneGo(
  wanted: WantedFile,
  file: FileHandle,
  { headers, body }: FetchAnswer,
  { room, signal, onProgress }: FetchOptions,
): Promise<Brought> {
  const total = headers['content-length'] === undefined ? undefined : Number(headers['content-length']);
  if (total !== undefined) assertSize(wanted, total);
  await file.truncate(0);
  let done = 0;
  const look = () => assertRoom(wanted, room, Math.max(0, (total ?? 0) - done));
  const lookAgain = everyBytes(LOOK_AGAIN_BYTES, look);
  try {
    assertAllowedSize(wanted, room, total ?? 0);
    await look();
    for await (const chunk of body) {
      if (!(chunk instanceof Uint8Array)) continue;
      await writeFully(file, chunk, done);
      done += chunk.length;
      assertAllowedSize(wanted, room, done);
      onProgress?.(done, total);
      await lookAgain(done);
      if (wanted.size !== undefined && done > wanted.size) assertSize(wanted, done);
    }
  } catch (error) {
    body.destroy();
    await file.truncate(0); // it cannot go on where it was
    throw interruption(error, signal);
  }
  if (total !== undefined && done !== total) throw new Interrupted(`${done} of ${total} bytes came`);
  assertSize(wanted, done);
  return { size: done, isPieced: false };
}
