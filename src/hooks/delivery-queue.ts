/** Delivers one after the other, in order. When nobody takes what waits, the oldest goes: the daemon must not fill up. */
export class DeliveryQueue<Item> {
  readonly #waiting: Item[] = [];
  readonly #closed = new AbortController();
  #current: Item | undefined;
  #working: Promise<void> | undefined;

  /**
   * @param deliver Never rejects: it says itself what went wrong.
   * @param onDone After each that was delivered or given up; not for what `close` broke off.
   */
  constructor(
    private readonly most: number,
    private readonly deliver: (item: Item, signal: AbortSignal) => Promise<void>,
    private readonly onDrop: (item: Item) => void,
    private readonly onDone: (item: Item) => void,
  ) {}

  /** What is not done, oldest first; the first may be on its way. */
  get pending(): readonly Item[] {
    return this.#current === undefined ? [...this.#waiting] : [this.#current, ...this.#waiting];
  }

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

  /** What is not done stays so. */
  async close(): Promise<void> {
    this.#closed.abort();
    await this.settled();
  }

  async #work(): Promise<void> {
    const { signal } = this.#closed;
    while (!signal.aborted) {
      const item = this.#waiting.shift();
      if (item === undefined) break;
      this.#current = item;
      await this.deliver(item, signal);
      if (signal.aborted) break;
      this.#current = undefined;
      this.onDone(item);
    }
    this.#working = undefined;
  }
}
