import { ServerUnreachable } from '../api/errors.js';

/** What was seen at one moment; with a fault where the daemon did not answer, and what was seen before. */
export interface Look<Seen> {
  readonly seen: Seen;
  readonly fault?: ServerUnreachable | undefined;
}

/**
 * Looks again and again, for ever. Ends with an error only when the first look fails: a daemon may be restarted later.
 * @param until resolves when it is time to look again.
 */
export async function* keepLooking<Seen>(
  look: () => Promise<Seen>,
  until: () => Promise<void>,
): AsyncGenerator<Look<Seen>> {
  let seen = await look();
  yield { seen };
  for (;;) {
    await until();
    try {
      seen = await look();
      yield { seen };
    } catch (error) {
      if (!(error instanceof ServerUnreachable)) throw error;
      yield { seen, fault: error };
    }
  }
}
