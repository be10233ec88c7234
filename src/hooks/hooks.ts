import type { EventsConfig, HookOccasion } from '../config/events-section.js';
import type { HostStore } from '../host/host-store.js';
import { readSecret } from '../power/secret-source.js';
import type { StuckWatch } from '../provision/stuck-watch.js';
import { shownOrigin } from './shown-origin.js';
import { DeliveryQueue } from './delivery-queue.js';
import { runHook } from './exec-hook.js';
import { eventOfChange, eventOfNews, type HookEvent } from './hook-event.js';
import { callWebhook } from './webhook.js';

export interface HooksParts {
  readonly store: Pick<HostStore, 'subscribe'>;
  readonly stuck: Pick<StuckWatch, 'subscribe'>;
  readonly config: EventsConfig;
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly clock: () => Date;
  readonly log: { debug(facts: object, text: string): void; warn(facts: object, text: string): void };
  readonly pause?: (attempt: number, signal: AbortSignal) => Promise<void>;
}

/** So many events wait for one that does not take them. */
const MOST_WAITING = 1000;

interface Target {
  readonly name: string;
  readonly on: readonly HookOccasion[];
  /** Rejects, or says why it failed. */
  readonly deliver: (event: HookEvent, signal: AbortSignal) => Promise<string | undefined>;
}

/** Tells others what happens to machines. Each is served by itself: one that hangs holds up nobody. */
export class Hooks {
  readonly #queues: readonly {
    readonly on: readonly HookOccasion[];
    readonly queue: DeliveryQueue<HookEvent>;
  }[];
  readonly #leave: readonly (() => void)[];

  constructor(private readonly parts: HooksParts) {
    this.#queues = targetsOf(parts).map((target) => ({ on: target.on, queue: this.#queueOf(target) }));
    const tell = (event: HookEvent | undefined) => event && this.#tell(event);
    this.#leave = [
      parts.store.subscribe((change) => tell(eventOfChange(change))),
      parts.stuck.subscribe((news) => tell(eventOfNews(news))),
    ];
  }

  /** Resolves when all was delivered or given up. */
  async settled(): Promise<void> {
    await Promise.all(this.#queues.map(({ queue }) => queue.settled()));
  }

  /** What has not been delivered yet never is. */
  async close(): Promise<void> {
    for (const leave of this.#leave) leave();
    await Promise.all(this.#queues.map(({ queue }) => queue.close()));
  }

  #tell(event: HookEvent): void {
    for (const { on, queue } of this.#queues) if (on.includes(event.occasion)) queue.push(event);
  }

  #queueOf({ name, deliver }: Target): DeliveryQueue<HookEvent> {
    const { log } = this.parts;
    const facts = ({ id, serial, occasion }: HookEvent) => ({ hook: name, event: id, serial, occasion });
    return new DeliveryQueue<HookEvent>(
      MOST_WAITING,
      async (event, signal) => {
        const reason = await deliver(event, signal).catch((error: unknown) =>
          error instanceof Error ? error.message : String(error),
        );
        if (reason === undefined) log.debug(facts(event), 'a hook was told');
        else log.warn({ ...facts(event), reason }, 'a hook could not be told');
      },
      (event) => log.warn(facts(event), 'a hook was not told: too many events wait for it'),
    );
  }
}

function targetsOf({ config, environment, clock, pause }: HooksParts): Target[] {
  const webhooks = config.webhooks.map(({ url, secret, on, tries, timeoutSeconds }) => ({
    name: shownOrigin(url),
    on,
    deliver: async (event: HookEvent, signal: AbortSignal) => {
      const call = { url, secret: () => readSecret(secret, environment), tries, timeoutSeconds, clock };
      await callWebhook({ ...call, ...(pause && { pause }) }, event, signal);
      return undefined;
    },
  }));
  const programs = config.hooks.map(({ command, on, timeoutSeconds }) => ({
    name: command[0] ?? '',
    on,
    deliver: (event: HookEvent, signal: AbortSignal) => runHook({ command, timeoutSeconds }, event, signal),
  }));
  return [...webhooks, ...programs];
}
