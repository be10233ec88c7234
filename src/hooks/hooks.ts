import { createHash } from 'node:crypto';
import { readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { EventsConfig } from '../config/events-section.js';
import type { HostStore, RecordedChange } from '../host/host-store.js';
import { readSecret } from '../power/secret-source.js';
import type { StuckNews, StuckWatch } from '../provision/stuck-watch.js';
import { runHook } from './exec-hook.js';
import { eventOfChange, eventOfNews, idOfChange, type HookEvent } from './hook-event.js';
import type { Archive } from './missed-events.js';
import { Receiver, type HookLog, type Target } from './receiver.js';
import { shownOrigin } from './shown-origin.js';
import { callWebhook } from './webhook.js';

export interface HooksParts {
  readonly store: Pick<HostStore, 'subscribe'> & Archive;
  readonly stuck: Pick<StuckWatch, 'subscribe'>;
  readonly config: EventsConfig;
  /** Where it is kept what each has been told. */
  readonly folder: string;
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly clock: () => Date;
  readonly log: HookLog;
  readonly pause?: (attempt: number, signal: AbortSignal) => Promise<void>;
}

interface Keyed extends Target {
  /** What it is told by, whatever else is set: its address or its program. */
  readonly key: string;
}

/** Tells others what happens to machines. Each is served by itself: one that hangs holds up nobody. */
export class Hooks {
  readonly #receivers: readonly Receiver[];
  readonly #files: readonly string[];
  #leave: readonly (() => void)[] = [];

  constructor(private readonly parts: HooksParts) {
    const targets = targetsOf(parts);
    this.#files = fileNames(targets.map(({ key }) => key));
    this.#receivers = targets.map(
      (target, index) => new Receiver(target, join(parts.folder, this.#files[index] ?? ''), parts.log),
    );
  }

  /** Goes on where it was before a restart. To be called before anything changes. */
  async start(): Promise<void> {
    const { store, stuck } = this.parts;
    await this.#forgetOthers();
    for (const receiver of this.#receivers) await receiver.catchUp(store);
    this.#leave = [
      store.subscribe((change) => this.#changed(change)),
      stuck.subscribe((news) => this.#news(news)),
    ];
  }

  /** Resolves when all was delivered or given up. */
  async settled(): Promise<void> {
    await Promise.all(this.#receivers.map((receiver) => receiver.settled()));
  }

  /** What has not been delivered yet is delivered after the next start. */
  async close(): Promise<void> {
    for (const leave of this.#leave) leave();
    await Promise.all(this.#receivers.map((receiver) => receiver.close()));
  }

  #changed(change: RecordedChange): void {
    const event = eventOfChange(change);
    for (const receiver of this.#receivers) receiver.changed(idOfChange(change), event);
  }

  #news(news: StuckNews): void {
    const event = eventOfNews(news);
    for (const receiver of this.#receivers) receiver.news(event);
  }

  /** What is kept for hooks that are configured no more. */
  async #forgetOthers(): Promise<void> {
    const { folder } = this.parts;
    for (const name of await namesIn(folder)) {
      if (!this.#files.includes(name)) await rm(join(folder, name), { recursive: true });
    }
  }
}

/** Not the key itself: the path of a webhook often is its secret. */
function fileNames(keys: readonly string[]): readonly string[] {
  return keys.map((key, index) => {
    const same = keys.slice(0, index).filter((other) => other === key).length;
    const digest = createHash('sha256').update(key).digest('hex').slice(0, 24);
    return same === 0 ? `${digest}.json` : `${digest}-${same}.json`;
  });
}

async function namesIn(folder: string): Promise<readonly string[]> {
  try {
    return await readdir(folder);
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return [];
    throw error;
  }
}

function targetsOf({ config, environment, clock, pause }: HooksParts): Keyed[] {
  const webhooks = config.webhooks.map(({ url, secret, on, tries, timeoutSeconds }) => ({
    key: url,
    name: shownOrigin(url),
    on,
    deliver: async (event: HookEvent, signal: AbortSignal) => {
      const call = { url, secret: () => readSecret(secret, environment), tries, timeoutSeconds, clock };
      await callWebhook({ ...call, ...(pause && { pause }) }, event, signal);
      return undefined;
    },
  }));
  const programs = config.hooks.map(({ command, on, timeoutSeconds }) => ({
    key: JSON.stringify(command),
    name: command[0] ?? '',
    on,
    deliver: (event: HookEvent, signal: AbortSignal) => runHook({ command, timeoutSeconds }, event, signal),
  }));
  return [...webhooks, ...programs];
}
