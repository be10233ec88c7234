import { createHash } from 'node:crypto';
import { open } from 'node:fs/promises';
import { basename } from 'node:path';
import type { ApiClient } from '../api/client.js';
import { ApiProblem } from '../api/errors.js';
import type { ImageFetch, ImageFile } from '../api/images.js';
import { ImagoError, fileReason } from '../errors.js';
import { UsageError } from './errors.js';

const PIECE_BYTES = 4 << 20;

export class FileUnreadable extends ImagoError {
  readonly code = 'FILE_UNREADABLE';

  constructor(file: string, reason: string, cause?: unknown) {
    super(
      `${file} cannot be read: ${reason}; name a file of this computer that you may read`,
      { file, reason },
      { cause },
    );
  }
}

/** What was fetched did not become an image. */
export class NotFetched extends ImagoError {
  readonly code: string;

  constructor({ version, state, error }: ImageFetch) {
    super(error?.message ?? `${version} was not fetched: it ${state}`, { version, state });
    this.code = error?.code ?? 'NOT_FETCHED';
  }
}

/** Looks until it ends. @throws NotFetched */
export async function followFetch(
  api: Pick<ApiClient, 'imageFetch'>,
  version: string,
  tell: (fetch: ImageFetch) => void,
  pause: () => Promise<void>,
): Promise<ImageFetch> {
  for (;;) {
    const now = await api.imageFetch(version);
    tell(now);
    if (now.state === 'done') return now;
    if (now.state !== 'running') throw new NotFetched(now);
    await pause();
  }
}

/**
 * Brings a file of this computer into a version, in pieces; a piece that is lost is sent again.
 * @throws FileUnreadable, ApiProblem
 */
export async function importFile(
  api: Pick<ApiClient, 'uploadPiece' | 'completeUpload'>,
  file: string,
  version: string,
  { name = basename(file), replace }: { readonly name?: string | undefined; readonly replace: boolean },
  tell: (doneBytes: number, totalBytes: number) => void,
): Promise<ImageFile> {
  const handle = await open(file, 'r').catch((error: unknown) => {
    throw new FileUnreadable(file, fileReason(error), error);
  });
  try {
    const kind = await handle.stat();
    if (kind.isDirectory()) throw new FileUnreadable(file, 'it is a folder');
    const { size } = kind;
    const digest = createHash('sha256');
    let offset = 0;
    do {
      const piece = Buffer.alloc(Math.min(PIECE_BYTES, size - offset));
      const { bytesRead } = await handle.read(piece, 0, piece.length, offset);
      const bytes = piece.subarray(0, bytesRead);
      digest.update(bytes);
      offset = await sendPiece(api, version, name, offset, bytes);
      tell(offset, size);
      if (bytesRead < piece.length) break;
    } while (offset < size);
    return await api.completeUpload(version, name, { sha256: digest.digest('hex'), replace });
  } finally {
    await handle.close();
  }
}

async function sendPiece(
  api: Pick<ApiClient, 'uploadPiece'>,
  version: string,
  name: string,
  offset: number,
  bytes: Uint8Array,
): Promise<number> {
  try {
    return await api.uploadPiece(version, name, offset, bytes);
  } catch (error) {
    // The answer to it was lost, not the piece.
    const isThere =
      error instanceof ApiProblem &&
      error.code === 'UPLOAD_GAP' &&
      error.facts['expected'] === offset + bytes.length;
    if (isThere) return offset + bytes.length;
    throw error;
  }
}

/** The last part of an address, as the name of the file. @throws UsageError */
export function nameOfUrl(url: string): string {
  const name = URL.canParse(url) ? basename(new URL(url).pathname) : '';
  if (name === '') throw new UsageError(`${url} names no file: give one with --as NAME`);
  return name;
}
