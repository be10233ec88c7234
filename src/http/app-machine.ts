import { join } from 'node:path';
import type Koa from 'koa';
import { createApp } from './create-app.js';
import { DiscoveryBook } from './etcd/discovery-book.js';
import { DiscoveryFiles } from './etcd/discovery-files.js';
import { addEtcdDiscoveryRoutes } from './routes/etcd-discovery.js';
import { addImageRoutes } from './routes/images.js';
import { addIpxeRoutes } from './routes/ipxe.js';
import { addLoaderRoutes } from './routes/loaders.js';
import { addMayuBootRoutes } from './routes/mayu-boot.js';
import { addMayuCallbackRoutes } from './routes/mayu-callbacks.js';
import { addReportRoutes } from './routes/report.js';
import { serveStatic } from './routes/static.js';
import type { HttpServices } from './services.js';
import { SmallFiles } from './small-files.js';

/** What machines fetch and report while they boot. */
export function createMachineApp(services: HttpServices): Koa {
  const memory = new SmallFiles();
  const discoveries = discoveryBook(services);
  return createApp(
    services,
    [
      addIpxeRoutes,
      addMayuBootRoutes,
      addMayuCallbackRoutes,
      addReportRoutes,
      (router) => addEtcdDiscoveryRoutes(router, services, discoveries),
      (router) => addImageRoutes(router, services, memory),
      (router) => addLoaderRoutes(router, services, memory),
      (router) => addLoaderRoutes(router, services, memory),
    ],
    serveStatic(services, memory),
  );
}

/** How many members an etcd cluster begins with whose token does not say; Mayu's default. */
const ETCD_CLUSTER_SIZE = 3;

/** The tokens that profiles, hosts and the cluster have are known without having been asked for. */
function discoveryBook({ config, store }: HttpServices): DiscoveryBook {
  const isKnown = (token: string): boolean =>
    token === store.defaultEtcdClusterToken ||
    config().profiles.some(({ etcdToken }) => etcdToken === token) ||
    [...store.hosts()].some(({ etcdClusterToken }) => etcdClusterToken === token);
  const folder = join(config().paths.state, 'etcd-discovery');
  return new DiscoveryBook(new DiscoveryFiles(folder), isKnown, ETCD_CLUSTER_SIZE);
}
