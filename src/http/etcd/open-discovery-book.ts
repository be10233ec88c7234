import { join } from 'node:path';
import type { HttpServices } from '../services.js';
import { DiscoveryBook } from './discovery-book.js';
import { DiscoveryFiles } from './discovery-files.js';

/** The tokens that profiles, hosts and the cluster have are known without having been asked for. */
export function openDiscoveryBook({ config, store }: Pick<HttpServices, 'config' | 'store'>): DiscoveryBook {
  const isKnown = (token: string): boolean =>
    token === store.defaultEtcdClusterToken ||
    config().profiles.some(({ etcdToken }) => etcdToken === token) ||
    [...store.hosts()].some(({ etcdClusterToken }) => etcdClusterToken === token);
  const folder = join(config().paths.state, 'etcd-discovery');
  return new DiscoveryBook(new DiscoveryFiles(folder), isKnown, () => config().etcd.clusterSize);
}
