import type { LimitName } from '../limits.js';
import { Tally } from '../net/place-shares.js';

export interface CallRules {
  /** Calls that are not over, at once. */
  readonly inAll: number;
  readonly perAddress: number;
  /** Of answers that their callers have not taken yet, together. */
  readonly answerBytes: number;
}

/** How many calls there are, and how much their answers hold. */
export class CallPlaces {
  readonly #open = new Tally();
  #running = 0;
  #heldBytes = 0;

  constructor(private readonly rules: () => CallRules) {}

  /** Calls that are not over. */
  get open(): number {
    return this.#open.total;
  }

  /** @returns the bound that is in the way. Whoever gets a place leaves it. */
  enter(address: string): LimitName | undefined {
    const { inAll, perAddress } = this.rules();
    // A caller who goes leaves his work behind, and may come with more.
    if (this.#open.total >= inAll || this.#running >= inAll) return 'grpc-calls';
    if (this.#open.of(address) >= perAddress) return 'grpc-calls-per-address';
    this.#open.add(address, 1);
    return undefined;
  }

  leave(address: string): void {
    this.#open.add(address, -1);
  }

  async run<T>(work: () => Promise<T>): Promise<T> {
    this.#running += 1;
    try {
      return await work();
    } finally {
      this.#running -= 1;
    }
  }

  /** Whether there is room for an answer; whoever has it gives it back. */
  hold(bytes: number): boolean {
    if (this.#heldBytes + bytes > this.rules().answerBytes) return false;
    this.#heldBytes += bytes;
    return true;
  }

  release(bytes: number): void {
    this.#heldBytes -= bytes;
  }
}
