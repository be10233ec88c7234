/** The case that is being worked on, where another thread can see it: one that never comes back is then known. */
const COUNT = 0;
const LENGTH = 1;
const HEADER_BYTES = 8;
const LONGEST_CASE = 64 * 1024;

export class WatchedCase {
  readonly #header: Int32Array;
  readonly #bytes: Uint8Array;

  constructor(readonly memory = new SharedArrayBuffer(HEADER_BYTES + LONGEST_CASE)) {
    this.#header = new Int32Array(memory, 0, 2);
    this.#bytes = new Uint8Array(memory, HEADER_BYTES);
  }

  begin(bytes: Uint8Array): void {
    const shown = bytes.subarray(0, LONGEST_CASE);
    this.#bytes.set(shown);
    Atomics.store(this.#header, LENGTH, shown.length);
    Atomics.add(this.#header, COUNT, 1);
  }

  /** How many cases have begun. */
  get count(): number {
    return Atomics.load(this.#header, COUNT);
  }

  get hex(): string {
    return Buffer.from(this.#bytes.subarray(0, Atomics.load(this.#header, LENGTH))).toString('hex');
  }
}
