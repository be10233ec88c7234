import { join } from 'node:path';
import type { HttpServices } from '../services.js';
import { DiscoveryBook, type BookParts } from './discovery-book.js';
import { DiscoveryFiles } from './discovery-files.js';

const HOUR = 3_600_000;
const MOST_BYTES = 64 * 1024 * 1024;
const IDLE_MS = 30 * 24 * HOUR;
/** One line of refusals in so long. */
const QUIET_MS = 60_000;

type Surroundings = Pick<HttpServices, 'config' | 'store' | 'clock' | 'logger' | 'metrics'>;

/** The tokens that profiles, hosts and the cluster have are known without having been asked for. */
export function openDiscoveryBook(surroundings: Surroundings): DiscoveryBook {
  const { config, store, clock } = surroundings;
  const isKnown = (token: string): boolean =>
    token === store.defaultEtcdClusterToken ||
    config().profiles.some(({ etcdToken }) => etcdToken === token) ||
    [...store.hosts()].some(({ etcdClusterToken }) => etcdClusterToken === token);
  return new DiscoveryBook({
    store: new DiscoveryFiles(join(config().paths.state, 'etcd-discovery')),
    isKnown,
    defaultSize: () => config().etcd.clusterSize,
    limits: () => ({
      clusters: config().etcd.maxClusters,
      unusedMs: config().etcd.unusedHours * HOUR,
      bytes: MOST_BYTES,
      idleMs: IDLE_MS,
    }),
    now: () => clock().getTime(),
    tell: tellerOf(surroundings),
  });
}

function tellerOf({ logger, clock, metrics }: Surroundings): BookParts['tell'] {
  let quietUntil = -Infinity;
  let leftOut = 0;
  return {
    kept: (clusters) => metrics.etcdKeeps(clusters),
    refused: (reason, why) => {
      metrics.etcdRefused(reason);
      const now = clock().getTime();
      if (now < quietUntil) {
        leftOut += 1;
        return;
      }
      logger.warn({ reason, ...(leftOut > 0 && { leftOut }) }, `etcd discovery refused a call: ${why}`);
      quietUntil = now + QUIET_MS;
      leftOut = 0;
    },
    dropped: (tokens) => {
      metrics.etcdDropped(tokens.length);
      logger.info(
        { clusters: tokens.length },
        'dropped clusters of etcd discovery that nobody needs any more',
      );
    },
  };
}
