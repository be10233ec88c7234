import { isLive, type Lease } from './lease.js';

const SECOND = 1000;

/** How many leases are in force, to the second, without looking at each of them. */
export class LiveCount {
  /** Of those that end in one second. */
  readonly #endingIn = new Map<number, number>();
  #total = 0;
  /** Seconds before this one have been taken off. */
  #from = 0;

  /** A lease as it is from now on; `removed` has to follow before it changes. */
  added(lease: Lease): void {
    if (isLive(lease, 0)) this.#change(lease, 1);
  }

  removed(lease: Lease): void {
    if (isLive(lease, 0)) this.#change(lease, -1);
  }

  clear(): void {
    this.#endingIn.clear();
    this.#total = 0;
  }

  /** @param now milliseconds since 1970. A clock that was set back finds those that had ended before gone. */
  at(now: number): number {
    const second = Math.floor(now / SECOND);
    if (second <= this.#from) return this.#total;
    this.#from = second;
    for (const [end, count] of this.#endingIn) {
      if (end >= second) continue;
      this.#total -= count;
      this.#endingIn.delete(end);
    }
    return this.#total;
  }

  #change({ expiresAt }: Lease, by: number): void {
    const second = Math.floor(expiresAt / SECOND);
    if (second < this.#from) return;
    this.#endingIn.set(second, (this.#endingIn.get(second) ?? 0) + by);
    this.#total += by;
  }
}
