import { isDeepStrictEqual } from 'node:util';
import { Counter, Gauge, type Registry } from 'prom-client';
import type { Config } from '../config/schema.js';
import type { RemoteConfig } from '../config/store-section.js';
import type { ClusterNews, NewsSource } from '../http/event-feed.js';
import type { Direction, Exchange, Remote, RemoteSync } from '../store/remote/remote-sync.js';
import { gitCredentials } from './git-credentials.js';

export interface ExchangeParts {
  readonly remote: Pick<RemoteSync, 'schedule' | 'subscribe'>;
  readonly registry: Registry;
  /** Where passwords may stand. */
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly clock: () => Date;
}

/** The exchange with the repository of `store.remote`: as it is configured, counted, and told to those who watch. */
export class RemoteExchange implements NewsSource {
  readonly #watchers = new Set<(news: ClusterNews) => void>();
  readonly #failing = new Map<Direction, string>();
  readonly #count: Counter<'direction' | 'outcome'>;
  readonly #success: Gauge<'direction'>;
  #configured: RemoteConfig | undefined;

  constructor(private readonly parts: ExchangeParts) {
    const registers = [parts.registry];
    this.#count = new Counter({
      name: 'imago_store_exchanges_total',
      help: 'Exchanges with the repository of store.remote, by direction and outcome.',
      labelNames: ['direction', 'outcome'],
      registers,
    });
    this.#success = new Gauge({
      name: 'imago_store_exchange_success_timestamp_seconds',
      help: 'When an exchange with the repository of store.remote last succeeded.',
      labelNames: ['direction'],
      registers,
    });
    parts.remote.subscribe((exchange) => this.#note(exchange));
  }

  /** Begins what is configured; what is configured as before goes on. */
  follow({ store }: Pick<Config, 'store'>): void {
    if (isDeepStrictEqual(store.remote, this.#configured)) return;
    this.#configured = store.remote;
    this.#failing.clear();
    this.parts.remote.schedule(store.remote ? this.#scheduleOf(store.remote) : {});
  }

  subscribe(watcher: (news: ClusterNews) => void): () => void {
    this.#watchers.add(watcher);
    return () => void this.#watchers.delete(watcher);
  }

  #scheduleOf(config: RemoteConfig): Parameters<RemoteSync['schedule']>[0] {
    const { url, branch, pushSeconds, pullSeconds } = config;
    const environment = () => gitCredentials(config, this.parts.environment);
    const remote: Remote = { url, branch, environment };
    return {
      ...(pullSeconds !== undefined && { pull: { ...remote, everySeconds: pullSeconds } }),
      ...(pushSeconds !== undefined && { push: { ...remote, everySeconds: pushSeconds } }),
    };
  }

  #note({ direction, error, hosts = 0 }: Exchange): void {
    this.#count.inc({ direction, outcome: error === undefined ? 'done' : 'failed' });
    if (error === undefined) this.#success.set({ direction }, this.parts.clock().getTime() / 1000);
    const before = this.#failing.get(direction);
    if (error === undefined) this.#failing.delete(direction);
    else this.#failing.set(direction, error);
    if (error !== undefined && error !== before)
      this.#tell('exchange-failed', `${direction} failed: ${error}`);
    if (error === undefined && before !== undefined) this.#tell('exchange-works', `${direction} works again`);
    if (hosts > 0) this.#tell('pulled', `pulled changes to ${hosts} ${hosts === 1 ? 'machine' : 'machines'}`);
  }

  #tell(code: ClusterNews['code'], what: string): void {
    for (const watcher of this.#watchers) watcher({ code, what, time: this.parts.clock() });
  }
}
