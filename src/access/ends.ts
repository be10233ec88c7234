import { setMaxListeners } from 'node:events';

/** Of a timer of Node's. */
const LONGEST_WAIT_MS = 2 ** 31 - 1;

/** Signals that what proves who somebody is holds no more; kept of those that somebody waits for. */
export class Ends {
  readonly #ends = new Map<string, AbortController>();

  /** @param expiryOf When it ends by itself, by its id; undefined where it does not, or is not there. */
  constructor(
    private readonly expiryOf: (id: string) => string | undefined,
    private readonly clock: () => Date,
  ) {}

  /** Aborts when it is ended or expires. */
  signal(id: string): AbortSignal {
    const known = this.#ends.get(id);
    if (known) return known.signal;
    const ends = new AbortController();
    setMaxListeners(0, ends.signal); // each stream that its holder watches is one
    this.#ends.set(id, ends);
    this.#endInTime(id, ends);
    return ends.signal;
  }

  end(id: string): void {
    this.#ends.get(id)?.abort();
    this.#ends.delete(id);
  }

  #endInTime(id: string, ends: AbortController): void {
    const expires = this.expiryOf(id);
    if (expires === undefined || this.#ends.get(id) !== ends) return;
    const left = Date.parse(expires) - this.clock().getTime();
    if (left <= 0) this.end(id);
    else setTimeout(() => this.#endInTime(id, ends), Math.min(left, LONGEST_WAIT_MS)).unref();
  }
}
