/** Turns without waiting after waiting was in vain, at most. */
const LONGEST_PAUSE = 256;

/** Learns whether looking again at once pays: where it is in vain, it is tried less and less often. */
export class WaitingHabit {
  #pause = 0;
  #skipped = 0;

  mayWait(): boolean {
    if (this.#skipped >= this.#pause) return true;
    this.#skipped += 1;
    return false;
  }

  waited(hadSuccess: boolean): void {
    this.#skipped = 0;
    this.#pause = hadSuccess ? 0 : Math.min(Math.max(1, this.#pause * 2), LONGEST_PAUSE);
  }

  /** Not for a long while, for a reason of its own. */
  pause(): void {
    this.#skipped = 0;
    this.#pause = LONGEST_PAUSE;
  }
}
