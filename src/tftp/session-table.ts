import { JustEnded } from './just-ended.js';
import type { Session, SessionOutcome } from './session.js';
import { TICK_MS } from './transport.js';

/** The running transfers by their client, and the one timer for all of them. */
export class SessionTable {
  readonly #sessions = new Map<number, Session>();
  readonly #justEnded = new JustEnded();
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

  ended(key: number, session: Session, outcome: SessionOutcome): void {
    this.#justEnded.add(key, outcome, performance.now());
    if (this.#sessions.get(key) === session) this.#sessions.delete(key);
  }

  /** Whether what comes from there, and is no request, belongs to a transfer that is or was a moment ago: no stranger is to be told. */
  knows(key: number): boolean {
    return this.#sessions.has(key) || this.#justEnded.has(key, performance.now());
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
