import type { Readable } from 'node:stream';
import { ImagoError, showValue } from '../errors.js';
import type { FilePart } from '../files/file-stream.js';

export interface MirrorOrigin {
  readonly url: string;
  readonly freshSeconds: number;
}

/** What tells one version of a file from another (RFC 9110 §8.8): as its origin does, or by when it was fetched. */
export interface MirroredVersion {
  readonly etag: string | undefined;
  readonly lastModified: Date | undefined;
}

/** A file of an origin, whole or still coming. */
export interface MirroredFile extends MirroredVersion {
  /** Undefined while an origin that does not tell it is still sending. */
  readonly size: number | undefined;
  /** Waits for what has not come yet, for as long as it is not destroyed; fails with FetchFailed when it never will. Closes the file. */
  read(part: MirroredPart): Readable;
  /** For one that was not read. */
  close(): Promise<void>;
}

export interface MirroredPart extends Omit<FilePart, 'end'> {
  /** Included; to the end of the file without it. */
  readonly end?: number | undefined;
}

export class MirrorBusy extends ImagoError {
  readonly code = 'MIRROR_BUSY';

  /** @param whose Whose share it is; undefined where all places are taken. */
  constructor(most: number, whose?: string) {
    const of = whose === undefined ? 'as many as' : `for ${whose}, as many for one client as`;
    super(`${most} files come from origins already, ${of} images.mirrorFetches allows: ask again`, { most });
  }
}

export class MirrorMissing extends ImagoError {
  readonly code = 'NOT_FOUND';

  constructor(mirror: string, path: string) {
    super(
      `the mirror ${showValue(mirror)} has no ${showValue(path)}: see images.mirrors, and what its origin has there`,
      { mirror, path },
    );
  }
}
