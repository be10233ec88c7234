import type { FileHandle } from 'node:fs/promises';
import { writeFully } from '../files/durable-file.js';
import { everyBytes, LOOK_AGAIN_BYTES } from './disk-room.js';
import { Interrupted, interruption, statusFault, type FetchClient } from './fetch-client.js';
import { isPromised } from './digests.js';
import { FetchFailed } from './errors.js';
import { cutIntoParts, lengthOf, parseContentRange, type Part } from './fetch-parts.js';
import { readState, stateSaver, type FetchState } from './fetch-state.js';
import {
  assertAllowedSize,
  assertRoom,
  assertSize,
  FileChanged,
  stateOf,
  type Brought,
  type FetchOptions,
  type WantedFile,
} from './fetch-wanted.js';

interface FileVersion {
  readonly size: number;
  readonly validator: string | undefined;
  /** Where it is, after all redirects: a redirector names another mirror each time. */
  readonly url: string;
}

/** Over several connections, each with its run of bytes; goes on with what an earlier try left. */
export async function bringInParts(
  wanted: WantedFile,
  file: FileHandle,
  version: FileVersion,
  options: FetchOptions,
): Promise<Brought> {
  const { size, validator } = version;
  assertSize(wanted, size);
  assertAllowedSize(wanted, options.room, size);
  const saved = await readState(stateOf(wanted));
  const { size: present } = await file.stat();
  const wasResumed = saved !== undefined && present === size && isSameFile(saved, wanted, version);
  const parts = wasResumed ? [...saved.parts] : cutIntoParts(size, options.parts, options.smallestPart);
  const soFar = () => parts.reduce((sum, { done }) => sum + done, 0);
  await assertRoom(wanted, options.room, size - soFar());
  await file.truncate(size);
  options.onProgress?.(soFar(), size);

  const servers = new Set([version.url]);
  const saver = stateSaver(file, stateOf(wanted), () => ({ url: wanted.url, size, validator, parts }));
  const lookAgain = everyBytes(LOOK_AGAIN_BYTES, () => assertRoom(wanted, options.room, size - soFar()));
  const failed = new AbortController();
  const signal = options.signal ? AbortSignal.any([options.signal, failed.signal]) : failed.signal;
  let fault: unknown;
  await Promise.all(
    parts.map((_, index) =>
      bringPart({ wanted, file, version, parts, index, signal, servers }, options, async () => {
        options.onProgress?.(soFar(), size);
        await saver.afterProgress(soFar());
        await lookAgain(soFar());
      }).catch((error: unknown) => {
        // What the others meet after that is only that they were broken off.
        if (!failed.signal.aborted) fault = error;
        failed.abort();
      }),
    ),
  );
  if (failed.signal.aborted) {
    await saver.save();
    options.signal?.throwIfAborted();
    throw fault;
  }
  return { size, isPieced: wasResumed || servers.size > 1 };
}

interface PartOfFile {
  readonly wanted: WantedFile;
  readonly file: FileHandle;
  readonly version: FileVersion;
  readonly parts: Part[];
  readonly index: number;
  readonly signal: AbortSignal;
  /** Who has sent some of it. */
  readonly servers: Set<string>;
}

async function bringPart(
  place: PartOfFile,
  { client, onInterruption }: FetchOptions,
  onBytes: () => Promise<void>,
): Promise<void> {
  const { wanted, parts, index, signal } = place;
  let fruitless = 0;
  let url = place.version.url;
  for (let part = parts[index]; part && part.done < lengthOf(part); part = parts[index]) {
    const before = part.done;
    try {
      await pump(place, part, url, client, onBytes);
    } catch (error) {
      const isRefusal = error instanceof FetchFailed && url !== wanted.url;
      if (!(error instanceof Interrupted) && !isRefusal) throw error;
      onInterruption?.(error.message);
      const hasGrown = (parts[index]?.done ?? 0) > before;
      fruitless = hasGrown ? 1 : fruitless + 1;
      if (fruitless >= client.tries) throw new FetchFailed(wanted.url, error.message, { cause: error });
      // One that brings nothing may be down, or its address be of short life: a redirector knows another.
      if (!hasGrown) url = wanted.url;
      await client.pause(fruitless, signal);
    }
  }
}

async function pump(
  { wanted, file, version: { size, validator, url: found }, parts, index, signal, servers }: PartOfFile,
  { first, last, done }: Part,
  url: string,
  client: FetchClient,
  onBytes: () => Promise<void>,
): Promise<void> {
  const from = first + done;
  // Mirrors give the same file other tags and dates: from another one only a digest can tell, and it does so in the end.
  const isLeftToDigest = url !== found && isPromised(wanted.digests);
  const headers = {
    range: `bytes=${from}-${last}`,
    ...(validator !== undefined && !isLeftToDigest && { 'if-range': validator }),
  };
  const { url: server, status, headers: answered, body } = await client.open(url, headers, signal);
  const range = parseContentRange(answered['content-range']);
  if (status !== 206 || !range) {
    body.destroy();
    // RFC 9110 §13.1.5: the whole file instead of the range means that it is another one now.
    if (status === 200 || status === 416) throw new FileChanged();
    throw status === 206 ? new Interrupted('its Content-Range makes no sense') : statusFault(url, status);
  }
  if (range.size !== size) {
    body.destroy();
    throw new FileChanged();
  }
  if (range.first !== from) {
    body.destroy();
    throw new Interrupted(`it sends byte ${range.first} when asked for ${from}`);
  }
  let position = from;
  try {
    for await (const chunk of body) {
      if (!(chunk instanceof Uint8Array)) continue;
      // A server may send more than it was asked for.
      const bytes = chunk.subarray(0, last - position + 1);
      servers.add(server);
      await writeFully(file, bytes, position);
      position += bytes.length;
      parts[index] = { first, last, done: position - first };
      await onBytes();
      if (position > last) break;
    }
  } catch (error) {
    throw interruption(error, signal);
  } finally {
    body.destroy();
  }
  if (position <= last) throw new Interrupted(`${position - from} of ${last - from + 1} bytes came`);
}

function isSameFile(
  saved: FetchState,
  { url, digests }: WantedFile,
  { size, validator }: FileVersion,
): boolean {
  if (saved.url !== url || saved.size !== size) return false;
  // A digest tells in the end whether the two halves belong together, whichever mirrors they are from.
  return isPromised(digests) || (validator !== undefined && saved.validator === validator);
}
