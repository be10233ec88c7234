import { constants } from 'node:fs';
import { open, rename, rm, type FileHandle } from 'node:fs/promises';
import { statusFault, type FetchAnswer, Interrupted, interruption } from './fetch-client.js';
import { digestsOf, mismatch } from './digests.js';
import { FetchFailed, ImageCorrupt } from './errors.js';
import { bringInParts } from './fetch-in-parts.js';
import { parseContentRange, validatorOf } from './fetch-parts.js';
import { removeState } from './fetch-state.js';
import {
  FileChanged,
  stateOf,
  type Brought,
  type FetchedFile,
  type FetchOptions,
  type WantedFile,
  assertAllowedSize,
  assertRoom,
  assertSize,
} from './fetch-wanted.js';
import { writeFully } from '../files/durable-file.js';
import { everyBytes, LOOK_AGAIN_BYTES } from './disk-room.js';

/**
 * Fetches one file: over several connections where the server can, going on where an earlier try ended. It stands at its path
 * only when its size and its digests are what was promised.
 * @throws FetchFailed, and what came is kept; ImageCorrupt, and nothing is kept
 */
export async function fetchFile(wanted: WantedFile, options: FetchOptions): Promise<FetchedFile> {
  const part = `${wanted.path}.part`;
  for (let attempt = 1; ; attempt += 1) {
    const { size, isPieced } = await bringWhole(wanted, part, options);
    const digests = await digestsOf(part, options.signal);
    const wrong = mismatch(wanted.digests, digests);
    if (wrong === undefined) {
      await syncFile(part);
      await rename(part, wanted.path);
      await removeState(stateOf(wanted));
      return { size, digests };
    }
    await discard(wanted);
    // Bytes from before a restart, or of another mirror, may be the wrong ones; what came in one go is what the server has.
    if (!isPieced || attempt > 1) throw new ImageCorrupt(wanted.url, wrong);
  }
}

const MOST_CHANGES = 3;

async function bringWhole(wanted: WantedFile, part: string, options: FetchOptions): Promise<Brought> {
  for (let changes = 0; ; changes += 1) {
    try {
      return await options.client.persist(wanted.url, () => bring(wanted, part, options), options.signal);
    } catch (error) {
      if (error instanceof ImageCorrupt || error instanceof FileChanged) await discard(wanted);
      if (!(error instanceof FileChanged)) throw error;
      if (changes >= MOST_CHANGES) throw new FetchFailed(wanted.url, 'it changes while it is fetched');
    }
  }
}

async function bring(wanted: WantedFile, path: string, options: FetchOptions): Promise<Brought> {
  const { client, signal } = options;
  // Asks for the first byte: the answer tells the size, the version, and whether the server knows ranges at all.
  const probe = await client.open(wanted.url, { range: 'bytes=0-0' }, signal);
  const file = await open(path, constants.O_RDWR | constants.O_CREAT, 0o644);
  try {
    if (probe.status === 200) return await bringInOneGo(wanted, file, probe, options);
    const range = parseContentRange(probe.headers['content-range']);
    if (probe.status !== 206 || range?.size === undefined) {
      probe.body.destroy();
      if (probe.status === 416)
        return await bringInOneGo(wanted, file, await whole(wanted, options), options);
      if (probe.status !== 206) throw statusFault(wanted.url, probe.status);
      return await bringInOneGo(wanted, file, await whole(wanted, options), options);
    }
    await probe.body.dump();
    return await bringInParts(
      wanted,
      file,
      { size: range.size, validator: validatorOf(probe.headers), url: probe.url },
      options,
    );
  } finally {
    await file.close();
  }
}

async function whole({ url }: WantedFile, { client, signal }: FetchOptions): Promise<FetchAnswer> {
  const answer = await client.open(url, {}, signal);
  if (answer.status === 200) return answer;
  answer.body.destroy();
  throw statusFault(url, answer.status);
}

async function syncFile(path: string): Promise<void> {
  const file = await open(path, 'r+');
  try {
    await file.sync();
  } finally {
    await file.close();
  }
}

async function discard(wanted: WantedFile): Promise<void> {
  await rm(`${wanted.path}.part`, { force: true });
  await removeState(stateOf(wanted));
}

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
