import { Session, type SessionOutcome, type Wire } from './session.js';
import { peerKey, type TransferJob } from './transport.js';

/** Milliseconds between two looks for what has to be sent again. */
const TICK_MS = 25;

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

  /** @returns a transfer that is known from now on; its caller starts it. */
  open({ peer, file, agreement, onEnd }: TransferJob, wire: Wire, now: number): Session {
    const key = peerKey(peer.address, peer.port);
    const session: Session = new Session(
      file,
      agreement,
      wire,
      (end) => {
        this.#justEnded.add(key, end.outcome, performance.now());
        if (this.#sessions.get(key) === session) this.#sessions.delete(key);
        onEnd(end);
      },
      now,
    );
    this.#sessions.set(key, session);
    this.#ticker ??= setInterval(() => this.#tick(), TICK_MS);
    return session;
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

/** Milliseconds in which what the network doubled, or a client says once more, is still on its way. */
export const SILENT_AFTER_END_MS = 5000;

/** Of more that ended in this time, those that ended first are forgotten: their doubled packets are answered again. */
const MOST_ENDED = 4096;

/** The peers whose transfer came to its end a moment ago: what they say of it is no stranger's word, and not answered. */
export class JustEnded {
  /** When, by peer; in the order of their ends. */
  readonly #ended = new Map<number, number>();

  constructor(private readonly most = MOST_ENDED) {}

  add(key: number, outcome: SessionOutcome, now: number): void {
    // Whoever was given up may come back, and hears then that nothing is left of its transfer.
    if (outcome === 'timed-out' || outcome === 'evicted' || outcome === 'failed') return;
    this.#ended.delete(key);
    this.#ended.set(key, now);
    for (const [oldest, at] of this.#ended) {
      if (this.#ended.size <= this.most && now - at < SILENT_AFTER_END_MS) break;
      this.#ended.delete(oldest);
    }
  }

  has(key: number, now: number): boolean {
    const at = this.#ended.get(key);
    return at !== undefined && now - at < SILENT_AFTER_END_MS;
  }
}
