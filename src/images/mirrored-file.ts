import { ImagoError, showValue } from '../errors.js';

export interface MirrorOrigin {
  readonly url: string;
  readonly freshSeconds: number;
}

/** A file of an origin, whole or still coming. */
export interface MirroredFile {
  /** Undefined while an origin that does not tell it is still sending. */
  readonly size: number | undefined;
  /** Both ends included. Waits for what has not come yet. @throws FetchFailed when it never will */
  read(start: number, end?: number): AsyncIterable<Uint8Array>;
  close(): Promise<void>;
}

export class MirrorBusy extends ImagoError {
  readonly code = 'MIRROR_BUSY';

  constructor(most: number) {
    super(`${most} files come from origins already, as many as images.mirrorFetches allows: ask again`, {
      most,
    });
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
