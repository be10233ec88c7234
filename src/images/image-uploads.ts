import { open, rename, rm, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { ImagoError, isMissing } from '../errors.js';
import type { DiskRoom } from './disk-room.js';
import { digestsOf, mismatch } from './digests.js';
import { ImageCorrupt, ImageExists } from './errors.js';
import { writeFully } from '../files/durable-file.js';
import type { ImageFolder } from './image-folder.js';
import type { FileOrigin } from './image-origin.js';

export class UploadGap extends ImagoError {
  readonly code = 'UPLOAD_GAP';

  constructor(name: string, expected: number) {
    super(`${name} has ${expected} bytes so far: go on there, or begin again with the first`, {
      name,
      expected,
    });
  }
}

export interface UploadEnd {
  /** Of the whole file, from where it was read. */
  readonly sha256: string;
  readonly replace: boolean;
}

/** Files that operators bring, piece by piece, so that a slow line does not have to hold for all of it. */
export class ImageUploads {
  constructor(
    private readonly folder: Pick<ImageFolder, 'staging' | 'add'>,
    private readonly room: DiskRoom,
    private readonly clock: () => Date,
  ) {}

  /**
   * Adds a piece to the end; one at the beginning starts the file anew.
   * @returns how many bytes there are now
   * @throws UploadGap, InvalidValue, ImageTooLarge, NoRoom
   */
  async piece(version: string, name: string, offset: number, bytes: Uint8Array): Promise<number> {
    this.room.assertSize(name, offset + bytes.length);
    const path = await this.#pathOf(version, name);
    await this.room.assertRoom(name, dirname(path), bytes.length);
    const file = await open(path, offset === 0 ? 'w' : 'a', 0o644);
    try {
      const { size } = await file.stat();
      if (size !== offset) throw new UploadGap(name, size);
      await writeFully(file, bytes, offset);
      return offset + bytes.length;
    } finally {
      await file.close();
    }
  }

  /** @throws ImageCorrupt, and nothing of it is kept; ImageExists, UploadGap */
  async complete(version: string, name: string, { sha256, replace }: UploadEnd): Promise<FileOrigin> {
    const path = await this.#pathOf(version, name);
    const size = await sizeOf(path, name);
    const actual = await digestsOf(path);
    const wrong = mismatch({ sha256 }, actual);
    if (wrong !== undefined) {
      await rm(path, { force: true });
      throw new ImageCorrupt(name, wrong);
    }
    const origin: FileOrigin = {
      size,
      sha256: actual.sha256,
      proof: 'digest',
      time: this.clock().toISOString(),
    };
    const ready = path.replace(/\.upload$/, '');
    await rename(path, ready);
    try {
      await this.folder.add(version, { name, origin }, { replace });
    } catch (error) {
      // The bytes are good: only the order has to be given again, with `replace`.
      if (error instanceof ImageExists) await rename(ready, path);
      throw error;
    }
    return origin;
  }

  async #pathOf(version: string, name: string): Promise<string> {
    return join(await this.folder.staging(version, name), `${name}.upload`);
  }
}

async function sizeOf(path: string, name: string): Promise<number> {
  try {
    return (await stat(path)).size;
  } catch (error) {
    if (isMissing(error)) throw new UploadGap(name, 0);
    throw error;
  }
}
