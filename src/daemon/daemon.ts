import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import type { Logger } from 'pino';
import { macOf } from '../dhcp/policy/context.js';
import { dhcpPolicy } from '../dhcp/policy/decide.js';
import { platformOfDhcp } from '../boot/classify-client.js';
import type { Config } from '../config/schema.js';
import type { Lease } from '../dhcp/lease.js';
import type { DhcpPolicy } from '../dhcp/decision.js';
import { DhcpServer } from '../dhcp/server.js';
import type { HostStore } from '../host/host-store.js';
import { Hooks } from '../hooks/hooks.js';
import { createHttpServers } from '../http/create-http-servers.js';
import { HttpMetrics } from '../http/http-metrics.js';
import { knownAddresses } from '../access/known-addresses.js';
import { Traffic } from '../http/traffic.js';
import { ProgressBoard } from '../http/progress-board.js';
import type { LeaseBook, LeaseInfo } from '../access/lease-book.js';
import { formatIpv4 } from '../net/ipv4.js';
import { checkImages, ImageCatalog } from '../images/image-catalog.js';
import { Outgoing } from '../net/outgoing.js';
import { openImageStock } from '../images/image-stock.js';
import { bootFromNetwork, HostPower } from '../provision/host-power.js';
import { provisioningSettings } from '../provision/provisioning-settings.js';
import { Provisioner } from '../provision/provisioner.js';
import { reasonOf } from '../provision/waiting-machines.js';
import { SeenPlatforms } from '../provision/seen-platforms.js';
import { StuckWatch } from '../provision/stuck-watch.js';
import { ClusterBackups } from '../store/backup/cluster-backups.js';
import { openHostStore } from '../store/open-host-store.js';
import { createTemplates } from '../template/catalog.js';
import { becomeUser } from './become-user.js';
import { LoaderWatch } from './loader-watch.js';
import { limitWatch } from './limit-watch.js';
import { machineFiles } from './machine-files.js';
import { makeFolder } from './make-folder.js';
import { discoveryOf, ExternalDiscovery } from './external-discovery.js';
import { dhcpSettingsOf, knownHostsOf } from './dhcp-settings.js';
import { dhcpObserver } from './protocol-metrics.js';
import { madeFiles, sizeOf, startTftp, tftpFiles } from './tftp.js';
import { hideSecrets, takeSecrets } from './take-secrets.js';
import { RemoteExchange } from './remote-exchange.js';
import { ReloadableConfig } from './reloadable-config.js';
import { version } from './version.js';

export interface Daemon {
  /** Takes up the configuration anew. @throws ConfigUnreadable, ConfigInvalid, NeedsRestart; the old one then stays. */
  reload(): void;
  /** Ends what is under way, in the opposite order of the start. */
  close(): Promise<void>;
}

type Close = () => Promise<void>;

const LOOK_FOR_STUCK_MS = 5000;
const FORGET_UNUSED_MS = 60_000;
const LOOK_AT_TEMPLATES_MS = 100;
const LOOK_AT_IMAGES_MS = 1000;

/**
 * Opens the store, then answers HTTP, TFTP and DHCP, in this order: a machine that gets an address finds the rest ready. What
 * was started is stopped again when a later part cannot be.
 * @throws ImagoError that says what is in the way
 */
export async function startDaemon(
  initial: Config,
  readConfig: () => Config,
  logger: Logger,
): Promise<Daemon> {
  const config = new ReloadableConfig(initial, readConfig);
  config.follow((now) => {
    logger.info({}, 'the configuration was reloaded');
    warnOfMissingImages(now, logger);
  });
  warnOfMissingImages(initial, logger);
  warnOfSilentServer(initial, logger);
  const started: Close[] = [];
  const close = async (): Promise<void> => {
    for (const stop of started.splice(0).reverse()) await stop();
  };
  try {
    await startParts(config, logger, started);
  } catch (error) {
    await close();
    throw error;
  }
  logger.info(
    { version: version(), cluster: initial.cluster, interface: initial.network.interface },
    'imago is ready',
  );
  return { close, reload: () => config.reload() };
}

async function startParts(settings: ReloadableConfig, logger: Logger, started: Close[]): Promise<void> {
  const config = settings.current;
  const { state, clusters, images } = config.paths;
  makeFolder(state, 'paths.state');
  const directory = join(clusters, config.cluster);
  makeFolder(directory, 'paths.clusters');
  const { user } = config.process;
  const giveUpPorts =
    user === undefined ? () => undefined : await becomeUser(user, [state, clusters, images]);
  const store = await openHostStore({
    directory,
    clock: () => new Date(),
    logger: logger.child({ part: 'store' }),
    defaults: { defaultEtcdClusterToken: randomBytes(16).toString('hex') },
  });
  started.push(() => store.close());

  const metrics = new HttpMetrics();
  const reach = limitWatch(metrics.registry, logger, Date.now);
  const platforms = new SeenPlatforms(reach);
  const dhcp = createDhcp(settings, store, platforms, metrics, logger.child({ part: 'dhcp' }));
  let provisioning = provisioningSettings(settings.current);
  settings.follow((now) => (provisioning = provisioningSettings(now)));
  const provisioner = new Provisioner({
    store,
    settings: () => {
      const discovery = discoveryOf(settings.current, store);
      return discovery === undefined ? provisioning : { ...provisioning, discovery };
    },
    newHosts: () => settings.current.newHosts,
    machines: () => settings.current.machines,
    reach,
    turnedAway: (obstacle) => metrics.turnedAway(reasonOf(obstacle)),
    platforms,
    clock: () => new Date(),
    logger: logger.child({ part: 'provision' }),
  });
  const environment = takeSecrets(process.env, config);
  settings.follow((now) => hideSecrets(process.env, now));
  const power = new HostPower({
    fleet: store,
    platforms,
    config: () => settings.current,
    reach,
    environment,
  });
  const progress = new ProgressBoard();
  const stuck = new StuckWatch({
    store,
    reports: progress,
    settings: () => settings.current.events.stuck,
    clock: () => new Date(),
    retry: (serial) => bootFromNetwork(power.of(serial)),
    log: logger.child({ part: 'stuck' }),
  });
  const localTargets = () => settings.current.network.localTargets;
  const hooks = new Hooks({
    store,
    stuck,
    config: config.events,
    folder: join(config.paths.state, 'hooks'),
    environment,
    outgoing: new Outgoing({ localTargets }),
    clock: () => new Date(),
    log: logger.child({ part: 'hooks' }),
  });
  started.push(() => hooks.close());
  await hooks.start();
  settings.follow(({ events }) => hooks.follow(events));
  await stuck.start();
  const ticking = setInterval(() => stuck.tick(), LOOK_FOR_STUCK_MS);
  started.push(() => {
    clearInterval(ticking);
    return stuck.close();
  });
  const forgetting = setInterval(() => {
    provisioner
      .forgetUnused()
      .catch((error: unknown) =>
        logger.warn({ err: error }, 'hosts that were never installed cannot be forgotten now'),
      );
  }, FORGET_UNUSED_MS);
  started.push(() => Promise.resolve(clearInterval(forgetting)));
  const leases = leaseBookOf(dhcp);
  const loaders = new LoaderWatch({
    config: () => settings.current,
    macOf: (address) => leases.macOfAddress(address),
    log: { info: (facts, text) => logger.info(facts, text), warn: (facts, text) => logger.warn(facts, text) },
    clock: () => new Date(),
  });
  settings.follow(() => loaders.follow());
  const exchange = new RemoteExchange({
    remote: store.remote,
    registry: metrics.registry,
    environment,
    clock: () => new Date(),
  });

  const discovery = new ExternalDiscovery({
    store,
    outgoing: new Outgoing({ localTargets, usesProxy: true }),
    registry: metrics.registry,
    clock: () => new Date(),
    log: logger.child({ part: 'etcd' }),
  });
  settings.follow((now) => discovery.follow(now));
  started.push(() => discovery.close());
  discovery.follow(config);
  const otherAlarms = () => [...discovery.alarms(), ...loaders.alarms()];
  metrics.watch(store, provisioner, stuck, otherAlarms);

  const stock = openImageStock({
    root: config.paths.images,
    mirrorFolder: join(config.paths.state, 'mirror'),
    config: () => settings.current.images,
    outgoing: new Outgoing({ localTargets, usesProxy: true }),
    reach,
    clock: () => new Date(),
    log: logger.child({ part: 'images' }),
  });
  started.push(() => stock.close());

  const templates = createTemplates(
    { templatesDir: config.paths.templates, snippetsDir: config.paths.snippets },
    LOOK_AT_TEMPLATES_MS,
  );
  const made = madeFiles(
    machineFiles({ config: () => settings.current, fleet: store, leases, platforms, templates, logger }),
  );
  const files = tftpFiles(config, made);
  const http = createHttpServers({
    config: () => settings.current,
    reload: () => settings.reload(),
    store,
    backups: new ClusterBackups(
      join(config.paths.clusters, config.cluster),
      join(config.paths.state, 'backup'),
    ),
    provisioner,
    platforms,
    templates,
    images: new ImageCatalog(config.paths.images, LOOK_AT_IMAGES_MS),
    stock,
    power,
    stuck,
    news: exchange,
    otherAlarms,
    leases,
    ...(dhcp && { previewDhcp: (request, before) => dhcp.preview(request, before) }),
    ...(config.listeners.tftp.enabled && { tftpSize: (name, client) => sizeOf(files, name, client) }),
    missing: (filename, client) => loaders.asked(filename, client),
    machineFile: async (name, client) => (await made.open(name, client))?.content,
    progress,
    metrics,
    traffic: new Traffic({
      limits: () => settings.current.limits.http,
      isKnown: knownAddresses(store, leases),
      reach,
      now: () => performance.now(),
    }),
    reach,
    logger: logger.child({ part: 'http' }),
    clock: () => new Date(),
    version: version(),
  });
  settings.follow((now) => exchange.follow(now));
  await http.start();
  exchange.follow(config);
  started.push(() => http.close());

  if (config.listeners.tftp.enabled) {
    const tftp = await startTftp(config, {
      source: files,
      isKnown: (address) =>
        leases.macOfAddress(address) !== undefined || store.hostByAddress(address) !== undefined,
      missing: (filename, client) => loaders.asked(filename, client),
      metrics,
      reach,
      logger: logger.child({ part: 'tftp' }),
    });
    started.push(() => tftp.close());
  }
  if (config.dns.enabled) {
    const { startDns } = await import('./dns.js');
    const log = logger.child({ part: 'dns' });
    const dns = await startDns({ config: () => settings.current, fleet: store, metrics, reach, log });
    started.push(() => dns.close());
  }
  if (dhcp) {
    await dhcp.start();
    started.push(() => dhcp.close());
  }
  giveUpPorts();
}

/** Something else may answer there: then all is well. */
function warnOfSilentServer({ network, dns }: Config, logger: Logger): void {
  if (dns.enabled || !network.dns.includes(network.serverAddress)) return;
  const address = formatIpv4(network.serverAddress);
  logger.warn(
    { address },
    'network.dns names this server, and imago answers no DNS: set dns.enabled, or see that another program answers there',
  );
}

/** Machines of such a profile are answered 404 with the reason, until somebody fetches it. */
function warnOfMissingImages(config: Config, logger: Logger): void {
  for (const { path, message } of checkImages(config, config.paths.images)) {
    const profile = typeof path[1] === 'number' ? config.profiles[path[1]]?.name : undefined;
    logger.warn({ profile }, message);
  }
}

function createDhcp(
  settings: ReloadableConfig,
  store: HostStore,
  platforms: SeenPlatforms,
  { registry }: HttpMetrics,
  logger: Logger,
): DhcpServer | undefined {
  const config = settings.current;
  const policyOf = (now: Config): DhcpPolicy | undefined => {
    const dhcp = dhcpSettingsOf(now);
    return dhcp && dhcpPolicy(dhcp, knownHostsOf(store, now));
  };
  const policy = policyOf(config);
  if (!policy) return undefined;
  const server: DhcpServer = new DhcpServer(
    policy,
    {
      interfaceName: config.network.interface,
      serverAddress: config.network.serverAddress,
      allowOtherNetworks: config.network.allowOtherNetworks,
      journalPath: join(config.paths.state, `${config.cluster}.leases`),
    },
    {
      log: logger,
      observer: {
        ...dhcpObserver(registry, {
          live: () => server.liveLeases(),
          areWritten: () => server.trouble === undefined,
        }),
        answering: (request) => platforms.saw(macOf(request), platformOfDhcp(request)),
      },
      clock: Date.now,
    },
  );
  settings.follow((now) => {
    const next = policyOf(now);
    if (next) server.reconfigure(next);
  });
  return server;
}

function leaseBookOf(dhcp: DhcpServer | undefined): LeaseBook {
  return {
    macOfAddress: (address) => dhcp?.leaseAt(address)?.mac,
    lastHolder: (address) => dhcp?.lastLeaseAt(address)?.mac,
    isLeased: (address) => dhcp?.leaseAt(address) !== undefined,
    trouble: () => dhcp?.trouble,
    list: () => dhcp?.leases().flatMap(leaseInfo) ?? [],
  };
}

function leaseInfo({ address, mac, key, hostname, state, expiresAt }: Lease): LeaseInfo[] {
  if (mac === undefined) return [];
  return [
    { address, mac, clientId: key, ...(hostname && { hostname }), state, expires: new Date(expiresAt) },
  ];
}
