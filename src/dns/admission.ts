/** How many there may be at once, in all and of one client. */
export interface Shares {
  readonly all: number;
  readonly perClient: number;
}

/** Who has how many places now. */
export class Admission {
  readonly #taken = new Map<string, number>();
  #all = 0;

  constructor(private readonly shares: () => Shares) {}

  get taken(): number {
    return this.#all;
  }

  /** Which bound is in the way; undefined when a place was taken: `leave` gives it back. */
  enter(client: string): 'all' | 'client' | undefined {
    const { all, perClient } = this.shares();
    const own = this.#taken.get(client) ?? 0;
    if (own >= perClient) return 'client';
    if (this.#all >= all) return 'all';
    this.#taken.set(client, own + 1);
    this.#all += 1;
    return undefined;
  }

  leave(client: string): void {
    const own = this.#taken.get(client) ?? 0;
    if (own > 1) this.#taken.set(client, own - 1);
    else this.#taken.delete(client);
    this.#all -= 1;
  }
}
