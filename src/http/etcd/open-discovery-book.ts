import { join } from 'node:path';
import { LimitedLog } from '../../net/limited-log.js';
import type { HttpServices } from '../services.js';
import { DiscoveryBook, type BookParts } from './discovery-book.js';
import { DiscoveryFiles } from './discovery-files.js';

const HOUR = 3_600_000;
const MOST_BYTES = 64 * 1024 * 1024;
const IDLE_MS = 30 * 24 * HOUR;

type Surroundings = Pick<HttpServices, 'config' | 'store' | 'clock' | 'logger' | 'metrics'>;

/** The tokens that profiles, hosts and the cluster have are known without having been asked for. */
export function openDiscoveryBook(surroundings: Surroundings): DiscoveryBook {
  const { config, store, clock } = surroundings;
  const isKnown = (token: string): boolean =>
    token === store.defaultEtcdClusterToken ||
    config().profiles.some(({ etcdToken }) => etcdToken === token) ||
    [...store.hosts()].some(({ etcdClusterToken }) => etcdClusterToken === token);
  return new DiscoveryBook({
    store: discoveryFiles(config().paths.state),
    isKnown,
    defaultSize: () => config().etcd.clusterSize,
    limits: () => ({
      clusters: config().etcd.maxClusters,
      clustersPerClient: config().etcd.maxClustersPerClient,
      unusedMs: config().etcd.unusedHours * HOUR,
      bytes: MOST_BYTES,
      idleMs: IDLE_MS,
    }),
    now: () => clock().getTime(),
    tell: tellerOf(surroundings),
  });
}

/** @param state `paths.state` */
export function discoveryFiles(state: string): DiscoveryFiles {
  return new DiscoveryFiles(join(state, 'etcd-discovery'));
}

function tellerOf({ logger, clock, metrics }: Surroundings): BookParts['tell'] {
  const log = new LimitedLog<'warn' | 'info'>(
    {
      warn: (facts, message) => logger.warn(facts, message),
      info: (facts, message) => logger.info(facts, message),
    },
    () => clock().getTime(),
  );
  return {
    kept: (clusters) => metrics.etcdKeeps(clusters),
    refused: (reason, why) => {
      metrics.etcdRefused(reason);
      log.write('warn', 'refused', { reason }, `etcd discovery refused a call: ${why}`);
    },
    dropped: (tokens) => {
      metrics.etcdDropped(tokens.length);
      const message = 'dropped clusters of etcd discovery that nobody needs any more';
      log.write('info', 'dropped', { clusters: tokens.length }, message);
    },
  };
}
