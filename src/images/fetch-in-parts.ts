import { statfs, type FileHandle } from 'node:fs/promises';
import { dirname } from 'node:path';
import { Interrupted, interruption, statusFault, type FetchClient } from './fetch-client.js';
import { isPromised } from './fetch-digests.js';
import { FetchFailed } from './fetch-errors.js';
import { cutIntoParts, lengthOf, parseContentRange, type Part } from './fetch-parts.js';
import { readState, stateSaver, type FetchState } from './fetch-state.js';
import {
  assertSize,
  FileChanged,
  stateOf,
  writeAll,
  type Brought,
  type FetchOptions,
  type WantedFile,
} from './fetch-wanted.js';

/** Over several connections, each with its run of bytes; goes on with what an earlier try left. */
export async function bringInParts(
  wanted: WantedFile,
  file: FileHandle,
  version: { readonly size: number; readonly validator: string | undefined },
  options: FetchOptions,
): Promise<Brought> {
  const { size, validator } = version;
  assertSize(wanted, size);
  const saved = await readState(stateOf(wanted));
  const { size: present } = await file.stat();
  const wasResumed = saved !== undefined && present === size && isSameFile(saved, wanted, version);
  const parts = wasResumed ? [...saved.parts] : cutIntoParts(size, options.parts, options.smallestPart);
  const soFar = () => parts.reduce((sum, { done }) => sum + done, 0);
  await assertRoom(wanted, size - soFar());
  await file.truncate(size);
  options.onProgress?.(soFar(), size);

  const saver = stateSaver(file, stateOf(wanted), () => ({ url: wanted.url, size, validator, parts }));
  const failed = new AbortController();
  const signal = options.signal ? AbortSignal.any([options.signal, failed.signal]) : failed.signal;
  const results = await Promise.allSettled(
    parts.map((_, index) =>
      bringPart({ wanted, file, size, validator, parts, index, signal }, options, () => {
        options.onProgress?.(soFar(), size);
        return saver.afterProgress(soFar());
      }).catch((error: unknown) => {
        failed.abort();
        throw error;
      }),
    ),
  );
  const faults = results.flatMap((result) =>
    result.status === 'rejected' ? [result.reason as unknown] : [],
  );
  if (faults.length > 0) {
    await saver.save();
    options.signal?.throwIfAborted();
    throw faults.find((fault) => !isAbort(fault)) ?? faults[0];
  }
  return { size, wasResumed };
}

interface PartOfFile {
  readonly wanted: WantedFile;
  readonly file: FileHandle;
  readonly size: number;
  readonly validator: string | undefined;
  readonly parts: Part[];
  readonly index: number;
  readonly signal: AbortSignal;
}

async function bringPart(
  place: PartOfFile,
  { client, onInterruption }: FetchOptions,
  onBytes: () => Promise<void>,
): Promise<void> {
  const { wanted, parts, index, signal } = place;
  let fruitless = 0;
  for (let part = parts[index]; part && part.done < lengthOf(part); part = parts[index]) {
    const before = part.done;
    try {
      await pump(place, part, client, onBytes);
    } catch (error) {
      if (!(error instanceof Interrupted)) throw error;
      onInterruption?.(error.message);
      fruitless = (parts[index]?.done ?? 0) > before ? 1 : fruitless + 1;
      if (fruitless >= client.tries) throw new FetchFailed(wanted.url, error.message, { cause: error });
      await client.pause(fruitless, signal);
    }
  }
}

async function pump(
  { wanted, file, size, validator, parts, index, signal }: PartOfFile,
  { first, last, done }: Part,
  client: FetchClient,
  onBytes: () => Promise<void>,
): Promise<void> {
  const from = first + done;
  const headers = {
    range: `bytes=${from}-${last}`,
    ...(validator !== undefined && { 'if-range': validator }),
  };
  const { status, headers: answered, body } = await client.open(wanted.url, headers, signal);
  const range = parseContentRange(answered['content-range']);
  if (status !== 206 || !range) {
    body.destroy();
    // RFC 9110 §13.1.5: the whole file instead of the range means that it is another one now.
    if (status === 200 || status === 416) throw new FileChanged();
    throw status === 206
      ? new Interrupted('its Content-Range makes no sense')
      : statusFault(wanted.url, status);
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
      await writeAll(file, bytes, position);
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
  { size, validator }: { readonly size: number; readonly validator: string | undefined },
): boolean {
  if (saved.url !== url || saved.size !== size || saved.validator !== validator) return false;
  // Without a validator only a digest can tell in the end whether the two halves belong together.
  return validator !== undefined || isPromised(digests);
}

async function assertRoom({ url, path }: WantedFile, bytes: number): Promise<void> {
  const { bavail, bsize } = await statfs(dirname(path));
  if (bavail * bsize < bytes) {
    throw new FetchFailed(url, `the disk has room for ${bavail * bsize} bytes, and ${bytes} are to come`);
  }
}

function isAbort(error: unknown): boolean {
  return error instanceof Error && error.name === 'AbortError';
}
