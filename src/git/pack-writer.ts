import { createHash } from 'node:crypto';
import { closeSync, fchmodSync, fsyncSync, openSync } from 'node:fs';
import { writeAll } from '../files/durable-file.js';
import { packHeader } from './pack-builder.js';

const BUFFER = 1024 * 1024;

/** A pack that goes to disk as it is made, for those too large to be built in memory. */
export class PackWriter {
  readonly #file: number;
  readonly #hash = createHash('sha1');
  readonly #buffer = Buffer.allocUnsafeSlow(BUFFER);
  #used = 0;
  #length = 0;

  /** @param count how many objects it will have. */
  constructor(path: string, count: number) {
    this.#file = openSync(path, 'w', 0o644);
    this.append(packHeader(count));
  }

  /** Where the next entry begins. */
  get length(): number {
    return this.#length;
  }

  append(chunk: Buffer): void {
    this.#length += chunk.length;
    if (this.#used + chunk.length > BUFFER) this.#flush();
    if (chunk.length > BUFFER) {
      this.#put(chunk);
      return;
    }
    chunk.copy(this.#buffer, this.#used);
    this.#used += chunk.length;
  }

  /** Durable on return, but for its name. @returns the checksum, which names the pack. */
  finish(): Buffer {
    this.#flush();
    const checksum = this.#hash.digest();
    writeAll(this.#file, checksum);
    fchmodSync(this.#file, 0o444);
    fsyncSync(this.#file);
    return checksum;
  }

  close(): void {
    closeSync(this.#file);
  }

  #flush(): void {
    this.#put(this.#buffer.subarray(0, this.#used));
    this.#used = 0;
  }

  #put(bytes: Buffer): void {
    this.#hash.update(bytes);
    writeAll(this.#file, bytes);
  }
}
