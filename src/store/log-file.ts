import { closeSync, constants, fstatSync, openSync, readSync, truncateSync, writeSync } from 'node:fs';
import { errorCode } from '../errors.js';

const CHUNK = 256 * 1024;
const LONGEST_LINE = 4096;

/** A file of lines, read from either end. It is not flushed: whatever is lost or torn is made again from the repository. */
export class LogFile {
  readonly #file: number;
  #size: number;

  /** Open for reading alone: an open file that is being written would keep the disk from becoming read-only. */
  constructor(private readonly path: string) {
    this.#file = openSync(path, constants.O_RDONLY | constants.O_CREAT, 0o644);
    this.#size = fstatSync(this.#file).size;
  }

  /** @returns where each line begins; undefined when the disk took none of them. */
  append(lines: readonly string[]): readonly number[] | undefined {
    if (lines.length === 0) return [];
    const places: number[] = [];
    const before = this.#size;
    const chunks = lines.map((line) => {
      const bytes = Buffer.from(`${line}\n`, 'utf8');
      places.push(this.#size);
      this.#size += bytes.length;
      return bytes;
    });
    try {
      this.#write(Buffer.concat(chunks));
      return places;
    } catch (error) {
      if (errorCode(error) === undefined) throw error;
      this.#size = before;
      return undefined;
    }
  }

  lineAt(place: number): string {
    const bytes = this.#read(place, Math.min(LONGEST_LINE, Math.max(0, this.#size - place)));
    const end = bytes.indexOf(10);
    return bytes.toString('utf8', 0, end < 0 ? bytes.length : end);
  }

  get size(): number {
    return this.#size;
  }

  /** From the first line, or the one at a place, on. A line that has no end is given as it is. */
  *lines(from = 0, chunk = CHUNK): Generator<{ place: number; line: string }> {
    let place = from;
    while (place < this.#size) {
      const bytes = this.#read(place, Math.min(chunk, this.#size - place));
      let start = 0;
      for (let end = bytes.indexOf(10); end >= 0; end = bytes.indexOf(10, start)) {
        yield { place: place + start, line: bytes.toString('utf8', start, end) };
        start = end + 1;
      }
      if (start === 0) {
        yield { place, line: '' };
        return;
      }
      place += start;
    }
  }

  /** Runs of lines, from the last one back to the first. */
  *chunksFromEnd(): Generator<readonly string[]> {
    let end = this.#size;
    while (end > 0) {
      const from = Math.max(0, end - CHUNK);
      const bytes = this.#read(from, end - from);
      const start = from === 0 ? 0 : bytes.indexOf(10) + 1;
      yield bytes.toString('utf8', start).split('\n').filter(Boolean).reverse();
      if (from > 0 && start === 0) return;
      end = from + start;
    }
  }

  truncate(size: number): void {
    truncateSync(this.path, size);
    this.#size = size;
  }

  close(): void {
    closeSync(this.#file);
  }

  /** At the end of what is known to be whole: a write that failed half-way is written over. */
  #write(bytes: Buffer): void {
    const file = openSync(this.path, constants.O_WRONLY);
    try {
      for (let written = 0; written < bytes.length;) {
        written += writeSync(
          file,
          bytes,
          written,
          bytes.length - written,
          this.#size - bytes.length + written,
        );
      }
    } finally {
      closeSync(file);
    }
  }

  #read(place: number, length: number): Buffer {
    const bytes = Buffer.alloc(length);
    return bytes.subarray(0, readSync(this.#file, bytes, 0, length, place));
  }
}
