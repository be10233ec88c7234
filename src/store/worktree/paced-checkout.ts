import type { Checkout } from './checkout.js';

/** How long no batch came before the index is written and the work tree flushed. */
const IDLE_MS = 150;
/** In a storm the index is written with the files, unless that was done less than this before. */
const INDEX_AGE_MS = 2000;
/**
 * How long no batch came before the work tree follows (more than lies between two of a storm), and the longest that it
 * waits while they keep coming.
 */
const PAUSE_MS = 60;
const LONGEST_LAG_MS = 1500;
/**
 * In a storm without a pause the mark of the work tree moves on as well, a few files at a time: a start after a kill then
 * follows the commits back for so long and no longer.
 */
const MARK_AGE_MS = 5000;
const BUSY_FILES = 2;
const BUSY_PAUSE_MS = 5;
/** How often some files are compared with what was last written there. */
const SCAN_MS = 500;

/** When the work tree, Git's index and the mark follow the commits, which come first. All times are milliseconds of one clock. */
export class PacedCheckout {
  #lastFlush: number;
  #lastIndex: number;
  #lastMark: number;
  #behindSince: number | undefined;
  #isHurried = false;

  constructor(
    private readonly checkout: Checkout,
    now: number,
  ) {
    this.#lastFlush = now;
    this.#lastIndex = now;
    this.#lastMark = now;
  }

  /**
   * A start found the work tree behind the mark, or the mark behind the commits: both move on at once, whatever comes. Daemons that
   * are killed soon after each start would else leave more and more to be followed back.
   */
  hurry(): void {
    this.#isHurried = true;
  }

  /** A batch of commits is durable. */
  noteBatch(now: number): void {
    this.#lastFlush = now;
  }

  /**
   * One slice of what can wait, so that a batch never waits for more than a slice.
   * @returns in how many milliseconds the next one is due, unless a batch comes before.
   */
  step(now: number): number {
    if (this.checkout.isSettled) {
      this.checkout.lookForEdits();
      return SCAN_MS;
    }
    const wait = this.#isHurried ? 0 : this.#untilCheckout(now);
    if (wait > 0)
      return this.checkout.isFlushing ? this.#flushSome(now, BUSY_FILES, BUSY_PAUSE_MS, wait) : wait;
    if (this.checkout.isBehind) {
      this.checkout.catchUp();
      return 0;
    }
    const idle = now - this.#lastFlush;
    if (idle >= IDLE_MS || now - this.#lastIndex >= INDEX_AGE_MS) {
      this.checkout.writeIndex();
      this.#lastIndex = now;
    }
    const isDue = this.#isHurried || this.checkout.isFlushing || now - this.#lastMark >= MARK_AGE_MS;
    this.#isHurried = false;
    if (idle >= IDLE_MS) return this.#flushSome(now, undefined, 0, IDLE_MS);
    return isDue ? this.#flushSome(now, BUSY_FILES, BUSY_PAUSE_MS, IDLE_MS) : IDLE_MS - idle;
  }

  /** @returns milliseconds: `pause` between two slices, `after` once the checkpoint is done. */
  #flushSome(now: number, files: number | undefined, pause: number, after: number): number {
    if (!this.checkout.flushSlice(files)) return pause;
    this.#lastMark = now;
    return after;
  }

  /** Milliseconds: a file that changes several times in a storm is written once, and commits come before files. */
  #untilCheckout(now: number): number {
    if (!this.checkout.isBehind) {
      this.#behindSince = undefined;
      return 0;
    }
    this.#behindSince ??= now;
    const isDue = now - this.#lastFlush >= PAUSE_MS || now - this.#behindSince >= LONGEST_LAG_MS;
    return isDue ? 0 : PAUSE_MS;
  }
}
