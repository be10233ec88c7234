import type { ReachLimit } from '../limits.js';
import { TokenBuckets } from '../net/token-buckets.js';
import { TooManyLogins } from './errors.js';

/** Of one address: each costs the provider an answer, and a program that tries again at once must not stop people. */
const OF_ADDRESS = { burst: 20, perMinute: 20 };
/** Of all: nobody makes the provider's guards take this server for an attacker. */
const IN_ALL = { burst: 120, perMinute: 120 };

/** How often anybody may have this server ask the provider, before anybody has proved who he is. */
export class LoginRates {
  readonly #ofAddress = new TokenBuckets();
  readonly #inAll = new TokenBuckets();

  /** @param now in milliseconds */
  constructor(
    private readonly now: () => number,
    private readonly reach: ReachLimit,
  ) {}

  /** @throws TooManyLogins */
  take(address: string): void {
    const now = this.now();
    if (!this.#ofAddress.take(address, OF_ADDRESS, now)) {
      this.reach('oidc-logins-per-address', { from: address });
      throw new TooManyLogins('from this address');
    }
    if (this.#inAll.take('', IN_ALL, now)) return;
    this.reach('oidc-logins', { from: address });
    throw new TooManyLogins('from all addresses');
  }
}
