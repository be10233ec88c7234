/** What is known of a cluster without looking into it. */
export interface LedgerEntry {
  readonly isJoined: boolean;
  readonly bytes: number;
  /** When it was made, or somebody joined, left, or changed it; in milliseconds. */
  readonly changedMs: number;
  /** Who made it; undefined for one from before imago started, or that came into being by itself. */
  readonly client?: string | undefined;
}

export interface ClusterLimits {
  readonly clusters: number;
  /** Of those that one client made. */
  readonly clustersPerClient: number;
  /** Of all clusters together. */
  readonly bytes: number;
  /** After so long a cluster is given up that nobody ever joined. */
  readonly unusedMs: number;
  /** After so long without a change a cluster makes room for new ones: its members know each other, and ask no more. */
  readonly idleMs: number;
}

/** How many clusters there are, how large they are, and which of them nobody needs any more. */
export class ClusterLedger {
  readonly #entries = new Map<string, LedgerEntry>();
  #bytes = 0;

  constructor(private readonly limits: () => ClusterLimits) {}

  get size(): number {
    return this.#entries.size;
  }

  get isFull(): boolean {
    return this.size >= this.limits().clusters || this.isHeavy(0);
  }

  has(token: string): boolean {
    return this.#entries.has(token);
  }

  /** Whether so many bytes more are too many. */
  isHeavy(more: number): boolean {
    return this.#bytes + more >= this.limits().bytes;
  }

  bytesOf(token: string): number {
    return this.#entries.get(token)?.bytes ?? 0;
  }

  note(token: string, entry: LedgerEntry): void {
    const client = entry.client ?? this.#entries.get(token)?.client;
    this.forget(token);
    this.#entries.set(token, { ...entry, client });
    this.#bytes += entry.bytes;
  }

  forget(token: string): void {
    this.#bytes -= this.bytesOf(token);
    this.#entries.delete(token);
  }

  /** Whether nobody ever joined the cluster, and long has passed. */
  isUnused(token: string, nowMs: number): boolean {
    const entry = this.#entries.get(token);
    return entry !== undefined && !entry.isJoined && nowMs - entry.changedMs >= this.limits().unusedMs;
  }

  /** Whether very long has passed since anything changed in the cluster. */
  isIdle(token: string, nowMs: number): boolean {
    const entry = this.#entries.get(token);
    return entry !== undefined && nowMs - entry.changedMs >= this.limits().idleMs;
  }

  /** How many clusters the client made that are still there. */
  heldBy(client: string): number {
    let held = 0;
    for (const entry of this.#entries.values()) if (entry.client === client) held += 1;
    return held;
  }

  /** Whether the client has had its share. */
  hasShare(client: string): boolean {
    return this.heldBy(client) >= this.limits().clustersPerClient;
  }

  /** Whether nobody ever joined the cluster. */
  isEmpty(token: string): boolean {
    return this.#entries.get(token)?.isJoined === false;
  }

  /** What makes room for another one of the client, in this order: of those that nobody joined its own, or else those of whoever made the most. */
  inTheWayOf(client: string): readonly string[] {
    const empty = this.tokens().filter((token) => this.isEmpty(token));
    const maker = (token: string) => this.#entries.get(token)?.client;
    if (this.hasShare(client)) return empty.filter((token) => maker(token) === client);
    const weight = new Map<string | undefined, number>([[undefined, 0]]);
    for (const { client: one } of this.#entries.values())
      if (one !== undefined) weight.set(one, (weight.get(one) ?? 0) + 1);
    return empty.sort((a, b) => (weight.get(maker(b)) ?? 0) - (weight.get(maker(a)) ?? 0));
  }

  /** The longest unchanged first. */
  tokens(): readonly string[] {
    return [...this.#entries].sort(([, a], [, b]) => a.changedMs - b.changedMs).map(([token]) => token);
  }
}
