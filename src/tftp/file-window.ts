import type { TftpFile } from './source.js';

/** Octets read at once from a file that is not in memory. */
const CHUNK_BYTES = 128 * 1024;

/** A run of blocks in memory, one behind the other: `length` octets of `bytes` from `offset`. */
export interface BlockRun {
  /** Counts from 1 and does not wrap. */
  readonly first: number;
  readonly count: number;
  readonly blockSize: number;
  readonly bytes: Uint8Array;
  readonly offset: number;
  readonly length: number;
}

/** The part of a file that a transfer is sending from. */
export class FileWindow {
  readonly #file: TftpFile;
  readonly #blockSize: number;
  readonly #chunkBytes: number;
  #chunk: Uint8Array | undefined;
  #chunkOffset = 0;

  constructor(file: TftpFile, blockSize: number, windowSize: number) {
    this.#file = file;
    this.#blockSize = blockSize;
    this.#chunkBytes = Math.max(windowSize * blockSize, CHUNK_BYTES);
  }

  /** The last block of a file may be empty. @throws what reading the file throws. */
  blocks(first: number, count: number): BlockRun {
    const start = (first - 1) * this.#blockSize;
    const end = Math.min(start + count * this.#blockSize, this.#file.size);
    const { bytes, from } = this.#holding(start, end);
    return { first, count, blockSize: this.#blockSize, bytes, offset: start - from, length: end - start };
  }

  /** A chunk is a buffer of its own: the one before may still be on its way to the network card. */
  #holding(start: number, end: number): { bytes: Uint8Array; from: number } {
    if (this.#file.content) return { bytes: this.#file.content, from: 0 };
    const chunk = this.#chunk;
    if (chunk && start >= this.#chunkOffset && end <= this.#chunkOffset + chunk.length) {
      return { bytes: chunk, from: this.#chunkOffset };
    }
    // Of a file whose first blocks nobody has confirmed, no more is in memory than they are.
    const wanted = start === 0 ? end : this.#chunkBytes;
    const bytes = Buffer.allocUnsafeSlow(Math.min(wanted, this.#file.size - start));
    this.#file.readInto(bytes, start);
    this.#chunk = bytes;
    this.#chunkOffset = start;
    return { bytes, from: start };
  }
}
