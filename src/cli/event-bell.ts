import { setTimeout as pause } from 'node:timers/promises';
import type { ApiClient } from '../api/client.js';
import { ApiProblem } from '../api/errors.js';

/** What comes in one go, as the steps of a machine do, is looked at once. */
const SETTLE_MS = 100;

/**
 * Tells when something has happened in the fleet, by the daemon's events: nobody has to look in vain. Where those are not to be
 * had, it is each interval.
 */
export class EventBell {
  readonly #closing = new AbortController();
  #hasRung = false;
  #answer: (() => void) | undefined;
  #lookedAt = performance.now();

  /** @param intervalSeconds the least between two looks. */
  constructor(
    private readonly api: Pick<ApiClient, 'follow'>,
    private readonly intervalSeconds: number,
  ) {
    void this.#listen();
  }

  async next(): Promise<void> {
    if (!this.#hasRung) {
      await new Promise<void>((resolve) => {
        this.#answer = resolve;
      });
    }
    const rest = this.#lookedAt + this.intervalSeconds * 1000 - performance.now();
    await pause(Math.max(SETTLE_MS, rest));
    this.#hasRung = false;
    this.#lookedAt = performance.now();
  }

  /** Lets a program end that looks no more. */
  close(): void {
    this.#closing.abort();
  }

  /** Until it is closed. Begins with all that is remembered: what happened before the daemon answered is not missed. */
  async #listen(): Promise<void> {
    const { signal } = this.#closing;
    let since = '';
    while (!signal.aborted) {
      try {
        for await (const { id } of this.api.follow({ since })) {
          since = id;
          this.#ring();
        }
      } catch (error) {
        // Refused is one that is too far behind: what it looks at then is all there is.
        if (error instanceof ApiProblem) since = '';
        // Whoever looks then meets the same fault, and tells of it.
        this.#ring();
      }
      await pause(this.intervalSeconds * 1000, undefined, { signal }).catch(() => undefined); // closed
    }
  }

  #ring(): void {
    this.#hasRung = true;
    this.#answer?.();
    this.#answer = undefined;
  }
}
