import PQueue from 'p-queue';

const MOST_AT_A_TIME = 4;
/** A reader that is slower goes on without keeping the others waiting. */
const LONGEST_TURN_MS = 5000;

/** The past is read for a few at a time: the others, as many as may watch, wait in the order in which they came. */
export class ReplayTurns {
  readonly #queue = new PQueue({ concurrency: MOST_AT_A_TIME });

  /** Resolves with what ends the turn; undefined for one that has gone while it waited. */
  take(gone: AbortSignal): Promise<(() => void) | undefined> {
    return new Promise((resolve) => {
      const turn = () =>
        new Promise<void>((end) => {
          const timer = setTimeout(end, LONGEST_TURN_MS);
          timer.unref();
          resolve(() => {
            clearTimeout(timer);
            end();
          });
        });
      // One that goes while it has its turn has got its answer already.
      this.#queue.add(turn, { signal: gone }).catch(() => resolve(undefined));
    });
  }
}
