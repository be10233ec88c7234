import { setTimeout as delay } from 'node:timers/promises';
import { Counter, Gauge, type Registry } from 'prom-client';
import type { Logger } from 'pino';
import type { Config } from '../config/schema.js';
import type { FleetView } from '../host/host-store.js';
import type { Outgoing } from '../net/outgoing.js';
import type { Alarm } from '../provision/alarms.js';
import type { OtherDiscovery } from '../provision/provisioning-settings.js';
import type { ClusterSettings } from '../store/cluster-file.js';
import { askForToken, DiscoveryFault, sizeUnder, type DiscoveryCall } from './ask-discovery.js';

const TIMEOUT_MS = 10_000;
const LONGEST_PAUSE_MS = 300_000;

type Etcd = Pick<Config, 'etcd'>;

export interface DiscoveryParts {
  readonly store: Pick<FleetView, 'defaultEtcdClusterToken' | 'etcdDiscovery'> & {
    changeCluster(settings: ClusterSettings, what: string): Promise<void>;
  };
  readonly outgoing: Pick<Outgoing, 'to' | 'close'>;
  readonly registry: Registry;
  readonly clock: () => Date;
  readonly log: Pick<Logger, 'info' | 'warn'>;
  readonly timeoutMs?: number;
  readonly pause?: (failures: number, signal: AbortSignal) => Promise<void>;
}

/**
 * The cluster's token of the discovery service in `etcd.discoveryUrl`: asked for once, recorded with the cluster, asked for again until
 * it is there. A token that the service knows already, as after a move from a Mayu, is kept.
 */
export class ExternalDiscovery {
  readonly #asked: Counter<'outcome'>;
  #current: { readonly service: string; readonly size: number; readonly stop: AbortController } | undefined;
  #alarm: Alarm | undefined;

  constructor(private readonly parts: DiscoveryParts) {
    const registers = [parts.registry];
    this.#asked = new Counter({
      name: 'imago_etcd_discovery_asked_total',
      help: 'Times that the service of etcd.discoveryUrl was asked for the cluster’s token, by outcome.',
      labelNames: ['outcome'],
      registers,
    });
    const awaited: Gauge = new Gauge({
      name: 'imago_etcd_token_awaited',
      help: '1 while the service of etcd.discoveryUrl has not given the cluster its token: machines without one wait.',
      registers,
      collect: () => awaited.set(this.#current ? 1 : 0),
    });
  }

  /** What is wrong now. */
  alarms(): readonly Alarm[] {
    return this.#alarm ? [this.#alarm] : [];
  }

  /** Begins to ask where a token is missing; what is asked for already goes on. */
  follow({ etcd }: Etcd): void {
    const { discoveryUrl: service, clusterSize: size } = etcd;
    if (this.#current?.service === service && this.#current?.size === size) return;
    this.#stop();
    if (service === undefined || this.parts.store.etcdDiscovery === service) return;
    const stop = new AbortController();
    this.#current = { service, size, stop };
    void this.#untilThere(service, size, stop.signal);
  }

  async close(): Promise<void> {
    this.#stop();
    await this.parts.outgoing.close();
  }

  #stop(): void {
    this.#current?.stop.abort();
    this.#current = undefined;
    this.#alarm = undefined;
  }

  async #untilThere(service: string, size: number, signal: AbortSignal): Promise<void> {
    const { pause = backOff } = this.parts;
    for (let failures = 0; !signal.aborted;) {
      try {
        const token = await this.#tokenOf(service, size, signal);
        await this.parts.store.changeCluster(
          { defaultEtcdClusterToken: token, etcdDiscovery: service },
          `set etcd discovery token of ${service}`,
        );
        this.#asked.inc({ outcome: 'given' });
        this.parts.log.info({ service }, 'the etcd discovery service has given the cluster its token');
        if (!signal.aborted) this.#stop();
        return;
      } catch (error) {
        if (signal.aborted) return;
        this.#failed(service, error);
        failures += 1;
        await pause(failures, signal);
      }
    }
  }

  async #tokenOf(service: string, size: number, signal: AbortSignal): Promise<string> {
    const { outgoing, store, timeoutMs = TIMEOUT_MS } = this.parts;
    const call: DiscoveryCall = { service, outgoing, timeoutMs, signal };
    const { defaultEtcdClusterToken: known } = store;
    const isKnown = known !== undefined && (await sizeUnder(call, known)) !== undefined;
    return isKnown ? known : askForToken(call, size);
  }

  #failed(service: string, error: unknown): void {
    this.#asked.inc({ outcome: 'failed' });
    const { message } = error instanceof Error ? error : new DiscoveryFault(service, String(error));
    if (message !== this.#alarm?.message) this.parts.log.warn({ service }, message);
    const since = this.#alarm?.since ?? this.parts.clock();
    this.#alarm = { code: 'ETCD_DISCOVERY_FAILED', message, since };
  }
}

/** 1, 2, 4 … 300 seconds, and up to half as much again: daemons that lost the service together do not return together. */
async function backOff(failures: number, signal: AbortSignal): Promise<void> {
  const pause = Math.min(LONGEST_PAUSE_MS, 1000 * 2 ** (failures - 1)) * (1 + Math.random() / 2);
  await delay(pause, undefined, { signal, ref: false }).catch(() => undefined);
}

/** Who makes tokens, and the one that the cluster has of him; none where imago serves discovery itself. */
export function discoveryOf(
  { etcd }: Etcd,
  { etcdDiscovery, defaultEtcdClusterToken }: DiscoveryParts['store'] | FleetView,
): OtherDiscovery | undefined {
  const service = etcd.discoveryUrl;
  if (service === undefined) return undefined;
  return { service, token: etcdDiscovery === service ? defaultEtcdClusterToken : undefined };
}
