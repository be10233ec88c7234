import type { SessionOutcome } from './session.js';

/** Milliseconds in which what the network doubled, or a client says once more, is still on its way. */
export const SILENT_AFTER_END_MS = 5000;

/** Of more that ended in this time, those that ended first are forgotten: their doubled packets are answered again. */
const MOST_ENDED = 4096;

/** The peers whose transfer came to its end a moment ago: what they say of it is no stranger's word, and not answered. */
export class JustEnded {
  /** When, by peer; in the order of their ends. */
  readonly #ended = new Map<number, number>();

  constructor(private readonly most = MOST_ENDED) {}

  add(key: number, outcome: SessionOutcome, now: number): void {
    // Whoever was given up may come back, and hears then that nothing is left of its transfer.
    if (outcome === 'timed-out' || outcome === 'evicted' || outcome === 'failed') return;
    this.#ended.delete(key);
    this.#ended.set(key, now);
    for (const [oldest, at] of this.#ended) {
      if (this.#ended.size <= this.most && now - at < SILENT_AFTER_END_MS) break;
      this.#ended.delete(oldest);
    }
  }

  has(key: number, now: number): boolean {
    const at = this.#ended.get(key);
    return at !== undefined && now - at < SILENT_AFTER_END_MS;
  }
}
