import { setMaxListeners } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';
import { FailedLogins } from '../access/failed-logins.js';
import { knownAddresses } from '../access/known-addresses.js';
import { adminPort, isOverTls } from '../config/admin-section.js';
import { portSettings } from '../config/dialects.js';
import type { Config } from '../config/schema.js';
import { formatIpv4, UNSPECIFIED_IPV4 } from '../net/ipv4.js';
import type { HandleRequest } from './connection-keeper.js';
import { endpoints } from '../api/endpoints.js';
import { otherEndpoints } from '../api/other-endpoints.js';
import { createApp } from './create-app.js';
import { bind, type Dialect } from './dialect.js';
import { openDiscoveryBook } from './etcd/open-discovery-book.js';
import { EventFeed } from './event-feed.js';
import { EventStreams } from './event-streams.js';
import { ReplayTurns } from './replay-turns.js';
import { takeAbsoluteForm, plainPath } from './request-target.js';
import { listenersOf, type Listener } from './listeners.js';
import { notSecuredLog } from './not-secured-log.js';
import { listen, type ListeningServer } from './listening-server.js';
import { guardOperators } from './guard-operators.js';
import type { HttpServices } from './services.js';
import { Traffic } from './traffic.js';
import { SmallFiles } from './small-files.js';
import { eventHandlers, type Watching } from './routes/api-events.js';
import { hostHandlers } from './routes/api-hosts.js';
import { imageHandlers } from './routes/api-images.js';
import { apiNetbootHandlers } from './routes/api-netboot.js';
import { pastHandlers } from './routes/api-past.js';
import { recordHandlers } from './routes/api-records.js';
import { powerHandlers } from './routes/api-power.js';
import { previewHandlers } from './routes/api-previews.js';
import { accessHandlers } from './routes/api-access.js';
import { secretHandlers } from './routes/api-secrets.js';
import { surroundingsHandlers } from './routes/api-surroundings.js';
import { bootHandlers } from './routes/boots.js';
import { etcdHandlers } from './routes/etcd-discovery.js';
import { ignitionHandlers } from './routes/ignition.js';
import { bootFileHandlers } from './routes/images.js';
import { ipxeHandlers } from './routes/ipxe.js';
import { loaderHandlers } from './routes/loaders.js';
import { loginHandlers } from './routes/logins.js';
import { machineReportHandlers } from './routes/machine-reports.js';
import { mayuBootHandlers } from './routes/mayu-boot.js';
import { mirrorHandlers } from './routes/mirror.js';
import { operationsHandlers } from './routes/operations.js';
import { pendingHandlers } from './routes/api-pending.js';
import { staticFiles } from './routes/static.js';

export interface HttpServers {
  /** Listens everywhere or nowhere. @throws ListenFailed */
  start(): Promise<readonly ListeningServer[]>;
  /** Resolves when the last answer has ended, or was cut off after a few seconds. */
  close(): Promise<void>;
}

/**
 * The HTTP side as a whole. `listeners` are those of the configuration unless a test wants its own.
 * @param dialects All that are on: what has no listener of its own is spoken beside imago's own.
 */
export function createHttpServers(
  services: HttpServices,
  dialects: readonly Dialect[],
  listeners: readonly Listener[] = listenersOf(services.config(), process.env['RUNTIME_DIRECTORY']),
): HttpServers {
  const stopping = new AbortController();
  setMaxListeners(0, stopping.signal); // each answer that waits is one
  const feed = new EventFeed(services);
  const turns = new ReplayTurns();
  const streams = new EventStreams(feed, turns);
  const {
    config,
    store,
    leases,
    cardAt,
    certificates,
    reach,
    logger,
    sender,
    now = () => performance.now(),
  } = services;
  const isKnown = knownAddresses(store, leases);
  const traffic = new Traffic({ limits: () => config().limits.http, isKnown, cardAt, reach, now, sender });
  const logins = new FailedLogins({
    perMinute: () => config().limits.http.failedLoginsPerMinute,
    now,
    reach,
    wait: (milliseconds) => delay(milliseconds),
  });
  const appOf = appsOf({ ...services, traffic, logins }, dialects, { feed, streams, turns }, stopping.signal);
  const tls = certificates && { certificates, notSecured: notSecuredLog(services) };
  const servers: ListeningServer[] = [];
  const close = async (): Promise<void> => {
    const closed = servers.splice(0).map((server) => server.close());
    stopping.abort();
    streams.close();
    feed.close();
    await Promise.all(closed);
  };
  return {
    async start() {
      try {
        for (const listener of listeners) {
          servers.push(await listen(listener, appOf(listener), { logger, traffic, tls }));
          logger.info({ ...listener }, 'HTTP listens');
        }
        return [...servers];
      } catch (error) {
        await close();
        throw error;
      }
    },
    close,
  };
}

function appsOf(
  services: HttpServices & { readonly traffic: Traffic; readonly logins: FailedLogins },
  dialects: readonly Dialect[],
  watching: Watching,
  stopping: AbortSignal,
): (listener: Listener) => HandleRequest {
  const memory = new SmallFiles();
  const operatorsAt = () => operatorsUrl(services.config());
  const own = bind(
    { ...endpoints, ...otherEndpoints },
    {
      ...ipxeHandlers(services),
      ...mayuBootHandlers(services),
      ...ignitionHandlers(services),
      ...machineReportHandlers(services),
      ...mirrorHandlers(services),
      ...etcdHandlers(services, openDiscoveryBook(services), stopping),
      ...bootFileHandlers(services, memory),
      ...loaderHandlers(services, memory),
      ...hostHandlers(services),
      ...pendingHandlers(services),
      ...pastHandlers(services),
      ...recordHandlers(services),
      ...powerHandlers(services),
      ...imageHandlers(services),
      ...apiNetbootHandlers(services),
      ...bootHandlers(services),
      ...previewHandlers(services),
      ...accessHandlers(services),
      ...loginHandlers({ ...services, operatorsAt }),
      ...surroundingsHandlers(services),
      ...secretHandlers(services),
      ...eventHandlers(watching),
      ...operationsHandlers(services),
    },
  );
  const beside = dialects.filter(({ name }) => !Object.hasOwn(portSettings, name));
  const routes = [...own, ...beside.flatMap((each) => each.routes)];
  const guard = guardOperators(services.config);
  const serveStatic = staticFiles(services, memory);
  const isNoFile = () => Promise.resolve(false);
  return ({ audience, way, dialect: name }) => {
    const only = name && dialects.find((each) => each.name === name);
    const shared = { audience, way, guard, operatorsAt };
    const parts = name
      ? { ...shared, routes: only?.routes ?? [], serveStatic: isNoFile, refuse: only?.refuse }
      : { ...shared, routes, serveStatic };
    // Koa answers each of its own failures itself; its promise never rejects.
    return plainly(createApp(services, parts).callback());
  };
}

function operatorsUrl({ network, listeners }: Pick<Config, 'network' | 'listeners'>): string {
  const { address = network.serverAddress } = listeners.admin;
  const host = formatIpv4(address === UNSPECIFIED_IPV4 ? network.serverAddress : address);
  return `${isOverTls(listeners.admin) ? 'https' : 'http'}://${host}:${adminPort(listeners)}`;
}

/** One place for the paths of all routes, before it is decided whose call it is. */
function plainly(handle: HandleRequest): HandleRequest {
  return (request, response) => {
    takeAbsoluteForm(request);
    request.url = plainPath(request.url ?? '/');
    return handle(request, response);
  };
}
