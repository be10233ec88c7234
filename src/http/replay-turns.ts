const MOST_AT_A_TIME = 4;
/** A reader that is slower goes on without keeping the others waiting. */
const LONGEST_TURN_MS = 5000;

/** The past is read for a few at a time: the others, as many as may watch, wait in the order in which they came. */
export class ReplayTurns {
  #running = 0;
  readonly #waiting = new Set<() => void>();

  /** Resolves with what ends the turn; undefined for one that has gone while it waited. */
  take(gone: AbortSignal): Promise<(() => void) | undefined> {
    return new Promise((resolve) => {
      if (gone.aborted) {
        resolve(undefined);
        return;
      }
      if (this.#running < MOST_AT_A_TIME) {
        resolve(this.#begin());
        return;
      }
      const leave = () => {
        this.#waiting.delete(begin);
        resolve(undefined);
      };
      const begin = () => {
        gone.removeEventListener('abort', leave);
        resolve(this.#begin());
      };
      this.#waiting.add(begin);
      gone.addEventListener('abort', leave, { once: true });
    });
  }

  #begin(): () => void {
    this.#running += 1;
    let isOver = false;
    const end = () => {
      if (isOver) return;
      isOver = true;
      clearTimeout(timer);
      this.#running -= 1;
      const [next] = this.#waiting;
      if (!next) return;
      this.#waiting.delete(next);
      next();
    };
    const timer = setTimeout(end, LONGEST_TURN_MS);
    timer.unref();
    return end;
  }
}
