/** So many at once, and so many a minute after that. */
export interface Budget {
  readonly burst: number;
  readonly perMinute: number;
}

interface Bucket {
  tokens: number;
  /** In milliseconds. */
  at: number;
}

const MINUTE = 60_000;
const MOST_KEYS = 50_000;

/** A budget for each key. What is full again is forgotten; of more keys than 50,000 the one that spent longest ago. */
export class TokenBuckets {
  /** Who spent last comes last. */
  readonly #buckets = new Map<string, Bucket>();

  /** Whether there is something left for the key; then it is spent. */
  take(key: string, budget: Budget, now: number): boolean {
    const known = this.#buckets.get(key);
    const bucket = known ?? { tokens: budget.burst, at: now };
    if (known) this.#buckets.delete(key);
    else this.#forget(budget, now);
    bucket.tokens = refilled(bucket, budget, now);
    bucket.at = now;
    this.#buckets.set(key, bucket);
    if (bucket.tokens < 1) return false;
    bucket.tokens -= 1;
    return true;
  }

  get size(): number {
    return this.#buckets.size;
  }

  #forget(budget: Budget, now: number): void {
    for (const [key, bucket] of this.#buckets) {
      if (this.#buckets.size < MOST_KEYS && refilled(bucket, budget, now) < budget.burst) return;
      this.#buckets.delete(key);
    }
  }
}

/** A clock that was put back gives nothing and takes nothing. */
function refilled({ tokens, at }: Bucket, { burst, perMinute }: Budget, now: number): number {
  return Math.min(burst, tokens + (Math.max(0, now - at) * perMinute) / MINUTE);
}
