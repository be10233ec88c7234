import type Koa from 'koa';
import { createApp } from './create-app.js';
import { openDiscoveryBook } from './etcd/open-discovery-book.js';
import { addEtcdDiscoveryRoutes } from './routes/etcd-discovery.js';
import { addIgnitionRoutes } from './routes/ignition.js';
import { addImageRoutes } from './routes/images.js';
import { addIpxeRoutes } from './routes/ipxe.js';
import { addLoaderRoutes } from './routes/loaders.js';
import { addMayuBootRoutes } from './routes/mayu-boot.js';
import { addMayuCallbackRoutes } from './routes/mayu-callbacks.js';
import { addMirrorRoutes } from './routes/mirror.js';
import { addReportRoutes } from './routes/report.js';
import { serveStatic } from './routes/static.js';
import type { HttpServices } from './services.js';
import { SmallFiles } from './small-files.js';

/**
 * What machines fetch and report while they boot.
 * @param stopping Ends answers that wait for something to happen.
 */
export function createMachineApp(services: HttpServices, stopping: AbortSignal): Koa {
  const memory = new SmallFiles();
  const discoveries = openDiscoveryBook(services);
  return createApp(
    services,
    [
      addIpxeRoutes,
      addMayuBootRoutes,
      addIgnitionRoutes,
      addMayuCallbackRoutes,
      addReportRoutes,
      addMirrorRoutes,
      (router) => addEtcdDiscoveryRoutes(router, services, discoveries, stopping),
      (router) => addImageRoutes(router, services, memory),
      (router) => addLoaderRoutes(router, services, memory),
    ],
    { last: serveStatic(services, memory) },
  );
}
