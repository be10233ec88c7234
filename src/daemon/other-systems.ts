import { BootSources, type BootSource } from '../boot/boot-source.js';
import { setUp, sourcesOf } from '../config/dialects.js';
import type { Config } from '../config/schema.js';
import { mayuDialect } from '../dialects/mayu/mayu-dialect.js';
import { pixiecoreDialect } from '../dialects/pixiecore/pixiecore-dialect.js';
import type { GrpcApi } from '../grpc/grpc-api.js';
import type { Dialect, OtherSystem } from '../http/dialect.js';
import type { HttpServices } from '../http/services.js';
import type { ServedFile } from '../http/served-file.js';
import type { RecordStore } from '../host/record-kind.js';
import type { SourceName } from '../host/source-name.js';
import type { Outgoing } from '../net/outgoing.js';
import type { Alarm } from '../provision/alarms.js';

/** What systems beside imago's own are made of. */
export interface SystemParts extends Pick<HttpServices, 'config' | 'logger' | 'clock' | 'reach' | 'metrics'> {
  readonly store: HttpServices['store'] & RecordStore;
  /** With the passwords in it that the configuration names. */
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** A way to other servers, for whoever asks them; he closes it. */
  readonly outgoing: () => Outgoing;
}

type Open = (parts: SystemParts) => Promise<OtherSystem>;

/** Loaded where the configuration sets them up, and nowhere else. */
const openers: readonly (readonly [SourceName, Open])[] = [
  ['matchbox', async (parts) => (await import('../dialects/matchbox/open-matchbox.js')).openMatchbox(parts)],
  [
    'pixiecore-api',
    async (parts) =>
      (await import('../dialects/pixiecore/client/open-pixiecore-api.js')).openPixiecoreApi(parts),
  ],
  ['bootcfg', async (parts) => (await import('../dialects/bootcfg/open-bootcfg.js')).openBootcfg(parts)],
  ['pxe-init', async (parts) => (await import('../dialects/pxe-init/open-pxe-init.js')).openPxeInit(parts)],
];

/** The systems that imago takes the place of, as the configuration sets them up. */
export class OtherSystems {
  readonly #opened: OtherSystem[] = [];
  /** Who decides what a machine boots. */
  readonly sources: BootSources;

  private constructor(
    private readonly config: () => Config,
    ordered: BootSource,
  ) {
    this.sources = new BootSources(
      () => sourcesOf(config()),
      (name) =>
        name === ordered.name ? ordered : this.#opened.find(({ source }) => source?.name === name)?.source,
    );
  }

  /** @param ordered What operators ordered is asked for before all. */
  static async open(parts: SystemParts, ordered: BootSource): Promise<OtherSystems> {
    const all = new OtherSystems(parts.config, ordered);
    try {
      for (const [name, open] of openers) {
        if (setUp[name].is(parts.config())) all.#opened.push(await open(parts));
      }
    } catch (error) {
      await all.close();
      throw error;
    }
    return all;
  }

  /** How each is spoken to over HTTP. */
  dialects(services: HttpServices): Dialect[] {
    const beside = this.config().listeners.http.dialects;
    return [
      ...(beside.includes('mayu') ? [mayuDialect(services)] : []),
      ...(beside.includes('pixiecore') ? [pixiecoreDialect(services)] : []),
      ...this.#opened.flatMap(({ dialect }) => dialect?.(services) ?? []),
    ];
  }

  /** How those are called by gRPC that have a listener for it. */
  apis(): GrpcApi[] {
    const { matchbox, pxeInit } = this.config().listeners;
    const hasListener = { matchbox: matchbox.grpc !== undefined, 'pxe-init': pxeInit.grpc !== undefined };
    return this.#opened.flatMap(({ api }) => (api && hasListener[api.name] ? [api] : []));
  }

  /** Whoever keeps images that machines are tied to. */
  get netboot(): OtherSystem['netboot'] {
    return this.#opened.find(({ netboot }) => netboot)?.netboot;
  }

  /** What one of them serves at that URL; undefined where none does. */
  async fileAt(url: string): Promise<ServedFile | undefined> {
    for (const { fileAt } of this.#opened) {
      const found = await fileAt?.(url);
      if (found) return found;
    }
    return undefined;
  }

  alarms(): readonly Alarm[] {
    return this.#opened.flatMap(({ alarms }) => alarms?.() ?? []);
  }

  async close(): Promise<void> {
    for (const system of this.#opened.splice(0).reverse()) await system.close?.();
  }
}
