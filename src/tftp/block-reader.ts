import type { TftpFile } from './source.js';

/** Octets read at once from a file that is not in memory; a transfer holds at most three of these. */
const CHUNK_BYTES = 128 * 1024;

/** The blocks of one file for one transfer. A streamed file is read ahead, so that sending seldom waits for the disk. */
export class BlockReader {
  readonly #file: TftpFile;
  readonly #blockSize: number;
  readonly #chunkBytes: number;
  readonly #chunks = new Map<number, Uint8Array>();
  readonly #reading = new Map<number, Promise<void>>();

  constructor(file: TftpFile, blockSize: number, windowSize: number) {
    this.#file = file;
    this.#blockSize = blockSize;
    const blocks = Math.max(windowSize, Math.floor(CHUNK_BYTES / blockSize));
    this.#chunkBytes = blocks * blockSize;
  }

  /** The block's octets (a view), or undefined where they have to be prepared first. The last one may be empty. */
  block(number: number): Uint8Array | undefined {
    const start = (number - 1) * this.#blockSize;
    const end = Math.min(start + this.#blockSize, this.#file.size);
    if (this.#file.content) return this.#file.content.subarray(start, end);
    if (start === end) return new Uint8Array(0);
    const index = Math.floor(start / this.#chunkBytes);
    const offset = index * this.#chunkBytes;
    return this.#chunks.get(index)?.subarray(start - offset, end - offset);
  }

  /**
   * Reads what is needed for these blocks, and ahead; what lies further back is let go.
   * @throws when the file cannot be read, or has become shorter.
   */
  async prepare(first: number, count: number): Promise<void> {
    const from = this.#chunkOf(first);
    const to = this.#chunkOf(first + count - 1);
    for (const index of this.#chunks.keys()) if (index < from) this.#chunks.delete(index);
    for (let index = from; index <= to; index += 1) await this.#read(index);
  }

  /** Starts reading what comes after these blocks. A failure shows when the blocks are prepared. */
  readAhead(first: number, count: number): void {
    if (this.#file.content) return;
    const from = this.#chunkOf(first);
    const next = this.#chunkOf(first + count - 1) + 1;
    if (this.#chunks.has(next) || this.#reading.has(next)) return;
    for (const index of this.#chunks.keys()) if (index < from) this.#chunks.delete(index);
    this.#read(next).catch(() => undefined);
  }

  #read(index: number): Promise<void> {
    const running = this.#reading.get(index);
    if (running) return running;
    const offset = index * this.#chunkBytes;
    const length = Math.min(this.#chunkBytes, this.#file.size - offset);
    if (length <= 0 || this.#chunks.has(index)) return Promise.resolve();
    const reading = this.#file
      .read(offset, length)
      .then((bytes) => void this.#chunks.set(index, bytes))
      .finally(() => this.#reading.delete(index));
    this.#reading.set(index, reading);
    return reading;
  }

  #chunkOf(block: number): number {
    return Math.floor(((block - 1) * this.#blockSize) / this.#chunkBytes);
  }
}
