import { ImagoError } from '../errors.js';
import type { ReachLimit } from '../limits.js';
import { Tally } from '../net/place-shares.js';
import { TokenBuckets } from '../net/token-buckets.js';
import type { NotAuthenticated, WhyNotAuthenticated } from './errors.js';

/** How long the answer waits to a login that fails after too many others. */
const HELD_MS = 1000;
/** Answers that wait, of one address and in all: each keeps a connection busy. */
const MOST_HELD_OF_ADDRESS = 16;
const MOST_HELD = 512;

/** From this address too much was shown that proves nothing. */
export class TooManyFailedLogins extends ImagoError {
  readonly code = 'TOO_MANY_FAILED_LOGINS';

  constructor(readonly why: WhyNotAuthenticated) {
    super(
      'too many logins failed from this address: see which program still uses an old token, or certificate; what is right is let in all the same',
    );
  }
}

export interface FailedLoginParts {
  /** Of one address, after as many at once. */
  readonly perMinute: () => number;
  /** In milliseconds. */
  readonly now: () => number;
  readonly wait: (milliseconds: number) => Promise<void>;
  readonly reach: ReachLimit;
}

/**
 * Slows down whoever shows what proves nothing, each address by itself. What is right is never counted and never waits, also from such an
 * address: behind it may be a whole site, and nobody finds 160 random bits by trying.
 */
export class FailedLogins {
  readonly #buckets = new TokenBuckets();
  readonly #held = new Tally();

  constructor(private readonly parts: FailedLoginParts) {}

  /** Remembered addresses, for tests. */
  get size(): number {
    return this.#buckets.size;
  }

  /** What to answer in place of it; for one too many that is known after a while only. */
  async refusal(address: string, failed: NotAuthenticated): Promise<ImagoError> {
    const { perMinute, now, wait, reach } = this.parts;
    if (!failed.isFailedLogin) return failed;
    const budget = { burst: perMinute(), perMinute: perMinute() };
    if (this.#buckets.take(address, budget, now())) return failed;
    reach('failed-logins', { from: address });
    if (this.#held.total < MOST_HELD && this.#held.of(address) < MOST_HELD_OF_ADDRESS) {
      this.#held.add(address, 1);
      try {
        await wait(HELD_MS);
      } finally {
        this.#held.add(address, -1);
      }
    }
    return new TooManyFailedLogins(failed.why);
  }
}
