import type { HookOccasion } from '../config/events-section.js';
import { DeliveryQueue } from './delivery-queue.js';
import { isNews, type HookEvent } from './hook-event.js';
import { missedEvents, lastChange, type Archive } from './missed-events.js';
import { Outbox } from './outbox.js';

/** So many events wait for one that does not take them. */
const MOST_WAITING = 1000;

export interface HookLog {
  debug(facts: object, text: string): void;
  warn(facts: object, text: string): void;
}

/** Who is told: a webhook or a program. */
export interface Target {
  /** Fit for logs. */
  readonly name: string;
  readonly on: readonly HookOccasion[];
  /** Rejects, or says why it failed. */
  readonly deliver: (event: HookEvent, signal: AbortSignal) => Promise<string | undefined>;
}

/**
 * Tells one target each event it wants at least once and in order, also over restarts: the changes from the store's log, from the
 * last one that was delivered on.
 */
export class Receiver {
  readonly #queue: DeliveryQueue<HookEvent>;
  readonly #outbox: Outbox;
  /** What the log had already; it may come from the store as well. */
  #caughtUp: ReadonlySet<string> = new Set();
  /** The last change that has happened. */
  #seen: string | undefined;
  /** The last change that is dealt with; undefined before the first. */
  #after: string | undefined;

  constructor(
    private readonly target: Target,
    file: string,
    private readonly log: HookLog,
  ) {
    this.#outbox = new Outbox(file, {
      cannotWrite: ({ message }) =>
        log.warn(
          { hook: target.name, reason: message },
          'what a hook was told cannot be kept: it will be told again',
        ),
      damaged: (reason, aside) =>
        log.warn(
          { hook: target.name, reason, aside },
          'what a hook was told last cannot be read: the file is put aside, and the hook is told from now on',
        ),
    });
    this.#queue = new DeliveryQueue<HookEvent>(
      MOST_WAITING,
      (event, signal) => this.#deliver(event, signal),
      (event) => log.warn(this.#facts(event), 'a hook was not told: too many events wait for it'),
      (event) => this.#done(event),
    );
  }

  /** Begins with what was not delivered before a restart; a new receiver with what comes from now on. */
  async catchUp(archive: Archive): Promise<void> {
    const { log, target } = this;
    const kept = await this.#outbox.load();
    this.#seen = await lastChange(archive);
    this.#after = kept ? kept.after : this.#seen;
    const missed = kept ? await missedEvents(archive, kept.after, target.on, MOST_WAITING) : [];
    if (!missed)
      log.warn(
        { hook: target.name },
        'a hook is told from now on: the log does not have what it was told last',
      );
    this.#caughtUp = new Set(missed?.map(({ id }) => id));
    for (const event of inOrder(missed ?? [], kept?.news ?? [])) this.#queue.push(event);
    this.#save();
    await this.#outbox.settled();
  }

  /** @param event what the change is to this receiver, if anything; told only if it wants it. */
  changed(id: string, event: HookEvent | undefined): void {
    this.#seen = id;
    this.#tell(event && this.#caughtUp.has(event.id) ? undefined : event);
  }

  news(event: HookEvent): void {
    this.#tell(event);
  }

  /** Resolves when all was delivered or given up, and that is kept. */
  async settled(): Promise<void> {
    await this.#queue.settled();
    await this.#outbox.settled();
  }

  /** What waits is told after the next start. */
  async close(): Promise<void> {
    await this.#queue.close();
    await this.#outbox.settled();
  }

  #tell(event: HookEvent | undefined): void {
    if (event && this.target.on.includes(event.occasion)) this.#queue.push(event);
    this.#save();
  }

  #done(event: HookEvent): void {
    if (!isNews(event)) this.#after = event.id;
    this.#save();
  }

  #save(): void {
    const { pending } = this.#queue;
    if (pending.every(isNews)) this.#after = this.#seen;
    this.#outbox.save({ after: this.#after, news: pending.filter(isNews) });
  }

  async #deliver(event: HookEvent, signal: AbortSignal): Promise<void> {
    const { log, target } = this;
    const reason = await target
      .deliver(event, signal)
      .catch((error: unknown) => (error instanceof Error ? error.message : String(error)));
    if (signal.aborted) log.debug(this.#facts(event), 'a hook is told after the next start');
    else if (reason === undefined) log.debug(this.#facts(event), 'a hook was told');
    else log.warn({ ...this.#facts(event), reason }, 'a hook could not be told');
  }

  #facts({ id, serial, occasion }: HookEvent): object {
    return { hook: this.target.name, event: id, serial, occasion };
  }
}

/** The changes as they came, and between them the news by their time. */
function inOrder(changes: readonly HookEvent[], news: readonly HookEvent[]): readonly HookEvent[] {
  const all = [...changes];
  for (const event of news) {
    const next = all.findIndex((other) => !isNews(other) && other.time > event.time);
    all.splice(next < 0 ? all.length : next, 0, event);
  }
  return all;
}
