import { dirname } from 'node:path';
import { ImageTooLarge, NoRoom, type DiskRoom } from './disk-room.js';
import type { FetchClient } from './fetch-client.js';
import type { ActualDigests, Digests } from './digests.js';
import { FetchFailed, ImageCorrupt } from './errors.js';

export interface WantedFile {
  readonly url: string;
  /** Where it goes; beside it stand `<path>.part` and `<path>.state` while it comes. */
  readonly path: string;
  readonly size?: number | undefined;
  readonly digests: Digests;
}

export interface FetchOptions {
  readonly client: FetchClient;
  /** Connections at once. */
  readonly parts: number;
  readonly smallestPart?: number;
  readonly room: DiskRoom;
  readonly signal?: AbortSignal | undefined;
  /** Bytes that have come, and of how many, if that is known. */
  readonly onProgress?: (done: number, total: number | undefined) => void;
  readonly onInterruption?: (reason: string) => void;
}

export interface FetchedFile {
  readonly size: number;
  readonly digests: ActualDigests;
}

/** The server has another file there now than when the fetching began. */
export class FileChanged extends Error {}

export interface Brought {
  readonly size: number;
  /** Some of it is from an earlier try or from another server. */
  readonly isPieced: boolean;
}

/** @throws ImageCorrupt when another size was promised. */
export function assertSize({ url, size }: WantedFile, actual: number): void {
  if (size !== undefined && actual !== size) {
    throw new ImageCorrupt(url, `it has ${actual} bytes instead of ${size}`);
  }
}

/** @throws FetchFailed when so many bytes more do not fit on the disk. */
export async function assertRoom({ url, path }: WantedFile, room: DiskRoom, bytes: number): Promise<void> {
  try {
    await room.assertRoom('it', dirname(path), bytes);
  } catch (error) {
    throw error instanceof NoRoom ? new FetchFailed(url, error.message, { cause: error }) : error;
  }
}

/** @throws FetchFailed when a file may not be so large. */
export function assertAllowedSize({ url }: WantedFile, room: DiskRoom, bytes: number): void {
  try {
    room.assertSize('it', bytes);
  } catch (error) {
    throw error instanceof ImageTooLarge ? new FetchFailed(url, error.message, { cause: error }) : error;
  }
}

export function stateOf({ path }: WantedFile): string {
  return `${path}.state`;
}
