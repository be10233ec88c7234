import { join } from 'node:path';
import type { Logger } from 'pino';
import { findHost } from '../access/find-host.js';
import { StaticBoots } from '../boots/static-boots.js';
import type { Config } from '../config/schema.js';
import type { FleetView } from '../host/host-store.js';
import { DiskRoom } from '../images/disk-room.js';
import type { ReachLimit } from '../limits.js';
import { templateContext } from '../template/context.js';

export interface OrderedBootsParts {
  readonly config: () => Config;
  readonly store: Pick<FleetView, 'host' | 'hostByMac'>;
  readonly reach: ReachLimit;
  readonly clock: () => Date;
  readonly log: Pick<Logger, 'info' | 'warn'>;
}

/** What operators ordered, below `paths.state`. */
export function openOrderedBoots({
  config,
  store,
  reach,
  clock,
  log,
}: OrderedBootsParts): Promise<StaticBoots> {
  const room = new DiskRoom(() => {
    const { reserveGigabytes, largestGigabytes } = config().images;
    return { reserveBytes: reserveGigabytes * 1e9, largestBytes: largestGigabytes * 1e9 };
  }, reach);
  return StaticBoots.open({
    folder: join(config().paths.state, 'boot'),
    room,
    mostBytes: () => config().boot.uploadGigabytes * 1e9,
    hostsOf: ({ mac, serial }) => {
      const hosts = [mac && store.hostByMac(mac), findHost(store, serial ?? '')];
      return hosts.filter((host) => host !== undefined);
    },
    urls: () => templateContext({ config: config() }).urls,
    reach,
    clock,
    log: {
      info: (facts, sentence) => log.info(facts, sentence),
      warn: (facts, sentence) => log.warn(facts, sentence),
    },
  });
}
