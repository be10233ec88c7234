import type { Session } from './session.js';
import { TICK_MS } from './transport.js';

/** The running transfers by their client, and the one timer for all of them. */
export class SessionTable {
  readonly #sessions = new Map<number, Session>();
  #ticker: NodeJS.Timeout | undefined;

  /** @param afterTick for sending out what the ticks have queued. */
  constructor(private readonly afterTick: () => void = () => undefined) {}

  get(key: number): Session | undefined {
    return this.#sessions.get(key);
  }

  add(key: number, session: Session): void {
    this.#sessions.set(key, session);
    this.#ticker ??= setInterval(() => this.#tick(), TICK_MS);
  }

  delete(key: number, session: Session): void {
    if (this.#sessions.get(key) === session) this.#sessions.delete(key);
  }

  /** Ends all of them. */
  stop(message: string): void {
    for (const session of this.#sessions.values()) session.stop('stopped', message);
    this.#sessions.clear();
    this.#rest();
  }

  #tick(): void {
    const now = performance.now();
    for (const session of this.#sessions.values()) session.tick(now);
    this.afterTick();
    if (this.#sessions.size === 0) this.#rest();
  }

  #rest(): void {
    clearInterval(this.#ticker);
    this.#ticker = undefined;
  }
}
