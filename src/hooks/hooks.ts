import { createHash } from 'node:crypto';
import { readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { ifPresent } from '../files/if-present.js';
import type { EventsConfig } from '../config/events-section.js';
import type { HostStore, RecordedChange } from '../host/host-store.js';
import { Outgoing } from '../net/outgoing.js';
import { readSecret } from '../power/secret-source.js';
import type { StuckWatch } from '../provision/stuck-watch.js';
import type { Joining } from '../joining/joining.js';
import { runHook } from './exec-hook.js';
import { eventOfChange, eventOfJoining, eventOfNews, type HookEvent } from './hook-event.js';
import type { Archive } from './missed-events.js';
import { asideOf } from './outbox.js';
import { Receiver, type HookLog, type Target } from './receiver.js';
import { callWebhook } from './webhook.js';

type HooksConfig = Pick<EventsConfig, 'webhooks' | 'hooks'>;

export interface HooksParts {
  readonly store: Pick<HostStore, 'subscribe'> & Archive;
  readonly stuck: Pick<StuckWatch, 'subscribe'>;
  readonly joining: Pick<Joining, 'subscribe'>;
  /** At the start. */
  readonly config: HooksConfig;
  /** Where it is kept what each has been told. */
  readonly folder: string;
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** Closed with the hooks. */
  readonly outgoing?: Outgoing;
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
  #receivers: readonly Receiver[] = [];
  readonly #leave: (() => void)[] = [];
  readonly #outgoing: Outgoing;
  #config: HooksConfig;
  /** One change of the configuration after the other. */
  #turn: Promise<void> = Promise.resolve();

  constructor(private readonly parts: HooksParts) {
    this.#config = parts.config;
    this.#outgoing = parts.outgoing ?? new Outgoing();
  }

  /** Goes on where it was before a restart. */
  async start(): Promise<void> {
    await this.#begin(this.#config);
  }

  /** From now on as configured: whoever is configured as before is told on, new ones what comes. */
  follow({ webhooks, hooks }: HooksConfig): void {
    const { webhooks: before, hooks: programsBefore } = this.#config;
    if (isDeepStrictEqual([webhooks, hooks], [before, programsBefore])) return;
    const config = { webhooks, hooks };
    this.#config = config;
    this.#turn = this.#changeTo(config);
  }

  /** Resolves when all was delivered or given up. */
  async settled(): Promise<void> {
    await this.#turn;
    await Promise.all(this.#receivers.map((receiver) => receiver.settled()));
  }

  /** What has not been delivered yet is delivered after the next start. */
  async close(): Promise<void> {
    await this.#turn;
    await this.#end();
    await this.#outgoing.close();
  }

  /** Never rejects. */
  async #changeTo(config: HooksConfig): Promise<void> {
    await this.#turn;
    try {
      await this.#end();
      await this.#begin(config);
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      this.parts.log.warn({ reason }, 'hooks are told nothing until the next start or reload');
    }
  }

  async #begin(config: HooksConfig): Promise<void> {
    const { store, stuck, joining, folder, log } = this.parts;
    const targets = targetsOf(this.parts, config, this.#outgoing);
    const files = fileNames(targets.map(({ key }) => key));
    const receivers = targets.map(
      (target, index) => new Receiver(target, join(folder, files[index] ?? ''), log),
    );
    this.#receivers = receivers;
    // What happens while they catch up comes after that.
    const early: (() => void)[] = [];
    let tell = (step: () => void): void => void early.push(step);
    this.#leave.push(
      store.subscribe((change) => tell(() => tellChange(receivers, change))),
      stuck.subscribe((news) => tell(() => tellNews(receivers, eventOfNews(news)))),
      joining.subscribe((news) => tell(() => tellNews(receivers, eventOfJoining(news)))),
    );
    await forgetOthers(folder, files);
    for (const receiver of receivers) await receiver.catchUp(store);
    for (const step of early) step();
    tell = (step) => step();
  }

  async #end(): Promise<void> {
    for (const leave of this.#leave.splice(0)) leave();
    await Promise.all(this.#receivers.map((receiver) => receiver.close()));
  }
}

function tellChange(receivers: readonly Receiver[], change: RecordedChange): void {
  const event = eventOfChange(change);
  for (const receiver of receivers) receiver.changed(change.revision, event);
}

function tellNews(receivers: readonly Receiver[], event: HookEvent | undefined): void {
  if (event) for (const receiver of receivers) receiver.news(event);
}

/** What is kept for hooks that are configured no more. */
async function forgetOthers(folder: string, files: readonly string[]): Promise<void> {
  const kept = new Set(files.flatMap((file) => [file, asideOf(file)]));
  for (const name of (await ifPresent(readdir(folder))) ?? []) {
    if (!kept.has(name)) await rm(join(folder, name), { recursive: true });
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

function targetsOf(
  { environment, clock, pause }: HooksParts,
  config: HooksConfig,
  outgoing: Outgoing,
): Keyed[] {
  const webhooks = config.webhooks.map(({ url, secret, on, tries, timeoutSeconds }) => ({
    key: url,
    name: shownOrigin(url),
    on,
    deliver: async (event: HookEvent, signal: AbortSignal) => {
      const call = {
        url,
        secret: () => readSecret(secret, environment),
        tries,
        timeoutSeconds,
        outgoing,
        clock,
      };
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

/** For logs: the path of a webhook often is its secret. */
export function shownOrigin(url: string): string {
  return URL.canParse(url) ? new URL(url).origin : 'a webhook';
}
