/** So many at once, and so many a minute after that. */
export interface Budget {
  readonly burst: number;
  readonly perMinute: number;
}

interface Bucket {
  tokens: number;
  /** In milliseconds. */
  at: number;
  /** When it came to its place in the row. */
  placedAt: number;
}

const MINUTE = 60_000;
const MOST_KEYS = 50_000;

/** A budget for each key. What is full again is forgotten; of more keys than 50,000 the one that spent longest ago. */
export class TokenBuckets {
  /**
   * Who spent since he came to his place goes to the end when it is his turn to be forgotten. Moved at once, the key that spends most would
   * leave a chain of deleted entries behind in V8's table, which it is sought through at each call.
   */
  readonly #buckets = new Map<string, Bucket>();

  /** Whether there is something left for the key; then it is spent. */
  take(key: string, budget: Budget, now: number): boolean {
    const bucket = this.#buckets.get(key) ?? this.#newBucket(key, budget, now);
    bucket.tokens = refilled(bucket, budget, now);
    bucket.at = now;
    if (bucket.tokens < 1) return false;
    bucket.tokens -= 1;
    return true;
  }

  get size(): number {
    return this.#buckets.size;
  }

  #newBucket(key: string, budget: Budget, now: number): Bucket {
    this.#forget(budget, now);
    const bucket = { tokens: budget.burst, at: now, placedAt: now };
    this.#buckets.set(key, bucket);
    return bucket;
  }

  #forget(budget: Budget, now: number): void {
    for (const [key, bucket] of this.#buckets) {
      const isFull = refilled(bucket, budget, now) >= budget.burst;
      if (this.#buckets.size < MOST_KEYS && !isFull && bucket.at === bucket.placedAt) return;
      this.#buckets.delete(key);
      if (isFull || bucket.at === bucket.placedAt) continue;
      bucket.placedAt = bucket.at;
      this.#buckets.set(key, bucket);
    }
  }
}

/** A clock that was put back gives nothing and takes nothing. */
function refilled({ tokens, at }: Bucket, { burst, perMinute }: Budget, now: number): number {
  return Math.min(burst, tokens + (Math.max(0, now - at) * perMinute) / MINUTE);
}
