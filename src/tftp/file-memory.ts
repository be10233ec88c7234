import { readSync, type BigIntStats } from 'node:fs';
import type { FileHandle } from 'node:fs/promises';
import { FileCutShort } from './errors.js';
import { memoryFile, type TftpFile } from './source.js';

export interface FileMemoryLimits {
  /** Octets; a larger file is streamed from disk. */
  readonly largestFileBytes: number;
  /** Octets of all files kept between transfers. */
  readonly totalBytes: number;
}

const DEFAULT_LIMITS: FileMemoryLimits = {
  largestFileBytes: 16 * 1024 * 1024,
  totalBytes: 128 * 1024 * 1024,
};

/**
 * Nanoseconds. Times of files advance in steps (4 ms on Linux, 2 s on the coarsest file systems): what was read sooner
 * after its last change may be changed once more without a new time to tell, so it is not kept.
 */
const SETTLED_AFTER_NS = 2_000_000_000n;

interface Kept {
  readonly version: string;
  readonly file: Promise<TftpFile>;
  readonly size: number;
}

/** Whole small files, kept from one transfer to the next for as long as they are unchanged on disk. */
export class FileMemory {
  readonly #limits: FileMemoryLimits;
  /** In the order of their last use, the longest unused first. */
  readonly #kept = new Map<string, Kept>();
  #bytes = 0;
  /** Octets of the copies that single transfers have. */
  #lent = 0;

  constructor(limits: Partial<FileMemoryLimits>) {
    this.#limits = { ...DEFAULT_LIMITS, ...limits };
  }

  takes(size: number): boolean {
    return size <= Math.min(this.#limits.largestFileBytes, this.#limits.totalBytes - this.#lent);
  }

  /** What is kept of the path, if it is still what `stats` tell of. */
  kept(path: string, stats: BigIntStats): Promise<TftpFile> | undefined {
    const kept = this.#kept.get(path);
    if (kept?.version !== versionOf(stats)) return undefined;
    this.#kept.delete(path);
    this.#kept.set(path, kept);
    return kept.file;
  }

  /** The content of the open file; machines that ask at the same time share one reading. */
  async file(path: string, stats: BigIntStats, handle: FileHandle): Promise<TftpFile> {
    const kept = this.kept(path, stats);
    if (kept) return kept;
    const version = versionOf(stats);
    this.#forget(path);
    const size = Number(stats.size);
    const file = readWhole(handle, size).then(memoryFile);
    if (!isSettled(stats)) return this.#lend(await file);
    this.#keep(path, { version, file, size });
    return file;
  }

  /** A copy for one transfer alone: each has its own while the file may still change. */
  #lend(file: TftpFile): TftpFile {
    let size = file.size;
    this.#lent += size;
    const close = (): Promise<void> => {
      this.#lent -= size;
      size = 0;
      return file.close();
    };
    return { ...file, close };
  }

  #keep(path: string, kept: Kept): void {
    this.#kept.set(path, kept);
    this.#bytes += kept.size;
    kept.file.catch(() => {
      if (this.#kept.get(path) === kept) this.#forget(path);
    });
    for (const oldest of this.#kept.keys()) {
      if (this.#bytes <= this.#limits.totalBytes) break;
      this.#forget(oldest);
    }
  }

  #forget(path: string): void {
    const kept = this.#kept.get(path);
    if (!kept) return;
    this.#kept.delete(path);
    this.#bytes -= kept.size;
  }
}

function versionOf(stats: BigIntStats): string {
  return `${stats.dev}:${stats.ino}:${stats.size}:${stats.mtimeNs}:${stats.ctimeNs}`;
}

function isSettled(stats: BigIntStats): boolean {
  const changed = stats.ctimeNs > stats.mtimeNs ? stats.ctimeNs : stats.mtimeNs;
  return BigInt(Date.now()) * 1_000_000n - changed > SETTLED_AFTER_NS;
}

/** A file that is read from disk as it is sent. Closing it closes the handle. */
export function diskFile(handle: FileHandle, size: number): TftpFile {
  return {
    size,
    content: undefined,
    readInto: (target, offset) => {
      let filled = 0;
      while (filled < target.length) {
        const read = readSync(handle.fd, target, filled, target.length - filled, offset + filled);
        if (read === 0) throw new FileCutShort(offset, target.length, filled);
        filled += read;
      }
    },
    close: () => handle.close(),
  };
}

/** @throws FileCutShort when the file has become shorter. */
export async function readWhole(handle: FileHandle, size: number): Promise<Uint8Array> {
  const bytes = Buffer.allocUnsafeSlow(size);
  let filled = 0;
  while (filled < size) {
    const { bytesRead } = await handle.read(bytes, filled, size - filled, filled);
    if (bytesRead === 0) throw new FileCutShort(0, size, filled);
    filled += bytesRead;
  }
  return bytes;
}
