/** Delivers one after the other, in order. When nobody takes what waits, the oldest goes: the daemon must not fill up. */
export class DeliveryQueue<Item> {
  readonly #waiting: Item[] = [];
  readonly #closed = new AbortController();
  #working: Promise<void> | undefined;

  /** @param deliver Never rejects: it says itself what went wrong. */
  constructor(
    private readonly most: number,
    private readonly deliver: (item: Item, signal: AbortSignal) => Promise<void>,
    private readonly onDrop: (item: Item) => void,
  ) {}

  push(item: Item): void {
    if (this.#closed.signal.aborted) return;
    this.#waiting.push(item);
    if (this.#waiting.length > this.most) {
      const oldest = this.#waiting.shift();
      if (oldest !== undefined) this.onDrop(oldest);
    }
    this.#working ??= this.#work();
  }

  /** Resolves when nothing waits any more. */
  async settled(): Promise<void> {
    while (this.#working) await this.#working;
  }

  /** What waits is given up. */
  async close(): Promise<void> {
    this.#waiting.length = 0;
    this.#closed.abort();
    await this.settled();
  }

  async #work(): Promise<void> {
    for (let item = this.#waiting.shift(); item !== undefined; item = this.#waiting.shift()) {
      await this.deliver(item, this.#closed.signal);
    }
    this.#working = undefined;
  }
}
