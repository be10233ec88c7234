import { statfs } from 'node:fs/promises';
import { ImagoError } from '../errors.js';
import type { ReachLimit } from '../limits.js';

export class NoRoom extends ImagoError {
  readonly code = 'NO_ROOM';

  constructor(what: string, folder: string, free: number, reserve: number) {
    super(
      `${what} does not fit: the disk of ${folder} has ${inGigabytes(free)} GB free, and images.reserveGigabytes keeps ${inGigabytes(reserve)} of them so; remove versions that nobody uses (imagoctl images list)`,
      { what, free, reserve },
    );
  }
}

export class ImageTooLarge extends ImagoError {
  readonly code = 'IMAGE_TOO_LARGE';

  constructor(what: string, most: number) {
    super(`${what} is larger than ${inGigabytes(most)} GB: raise images.largestGigabytes if that is meant`, {
      what,
      most,
    });
  }
}

export interface RoomBounds {
  /** So much of the disk stays free, in bytes. */
  readonly reserveBytes: number;
  /** Of one file. */
  readonly largestBytes: number;
}

/** While a file of unknown length comes, the disk is looked at after so many bytes. */
export const LOOK_AGAIN_BYTES = 32 << 20;

/** What comes from outside leaves room on the disk for what imago itself must write. */
export class DiskRoom {
  constructor(
    private readonly bounds: () => RoomBounds,
    private readonly reach: ReachLimit = () => undefined,
    private readonly freeIn: (folder: string) => Promise<number> = freeBytes,
  ) {}

  /**
   * @param bytes That are to come.
   * @throws NoRoom
   */
  async assertRoom(what: string, folder: string, bytes: number): Promise<void> {
    const { reserveBytes } = this.bounds();
    const free = await this.freeIn(folder);
    if (free - bytes >= reserveBytes) return;
    this.reach('disk-reserve', { what, folder, free, bytes });
    throw new NoRoom(what, folder, free, reserveBytes);
  }

  /** @throws ImageTooLarge */
  assertSize(what: string, bytes: number): void {
    const { largestBytes } = this.bounds();
    if (bytes <= largestBytes) return;
    this.reach('image-size', { what, bytes });
    throw new ImageTooLarge(what, largestBytes);
  }
}

/** @returns to be called with how many bytes there are; looks whenever so many more have come. */
export function everyBytes(bytes: number, look: () => Promise<void>): (done: number) => Promise<void> {
  let lookedAt = 0;
  return async (done) => {
    if (done - lookedAt < bytes) return;
    lookedAt = done;
    await look();
  };
}

async function freeBytes(folder: string): Promise<number> {
  const { bavail, bsize } = await statfs(folder);
  return bavail * bsize;
}

function inGigabytes(bytes: number): string {
  return (bytes / 1e9).toFixed(1);
}
