import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import type { Logger } from 'pino';
import { unreachedProfiles } from '../config/unreached-profiles.js';
import type { Config } from '../config/schema.js';
import type { DhcpServer } from '../dhcp/server.js';
import { Hooks } from '../hooks/hooks.js';
import { createHttpServers } from '../http/create-http-servers.js';
import { HttpMetrics } from '../http/http-metrics.js';
import type { HttpServices } from '../http/services.js';
import { knownAddresses } from '../access/known-addresses.js';
import type { LeaseBook } from '../access/lease-book.js';
import { formatIpv4, subnetContains } from '../net/ipv4.js';
import { openNeighbours } from '../net/linux/neighbour.js';
import { checkImages, ImageCatalog } from '../images/image-catalog.js';
import type { ReachLimit } from '../limits.js';
import { SenderThreads } from '../net/linux/sender-threads.js';
import { loadDuplicate } from '../net/linux/sendfile.js';
import { Outgoing } from '../net/outgoing.js';
import { openImageStock } from '../images/image-stock.js';
import { composeFleet, type Fleet } from '../provision/compose-fleet.js';
import { provisioningSettings } from '../provision/provisioning-settings.js';
import { SeenPlatforms } from '../provision/seen-platforms.js';
import { ClusterBackups } from '../store/backup/cluster-backups.js';
import { openHostStore } from '../store/open-host-store.js';
import { createTemplates } from '../template/catalog.js';
import { becomeUser, type GiveUpPorts } from './become-user.js';
import { LoaderWatch } from './loader-watch.js';
import { limitWatch } from './limit-watch.js';
import { machineFiles } from './machine-files.js';
import { makeFolder } from './make-folder.js';
import { openJoining } from './joining.js';
import { discoveryOf, ExternalDiscovery } from './external-discovery.js';
import { createDhcp, leaseBookOf } from './dhcp.js';
import { madeFiles, sizeOf, startTftp, tftpFiles } from './tftp.js';
import { hideSecrets, takeSecrets } from './take-secrets.js';
import { KeptCapabilities } from './kept-capabilities.js';
import { kindsOf } from './kinds-of.js';
import { openOperators } from './operators.js';
import { openOperatorsTls } from './operators-tls.js';
import { openOrderedBoots } from './ordered-boots.js';
import { OtherSystems } from './other-systems.js';
import { RemoteExchange } from './remote-exchange.js';
import { ReloadableConfig } from './reloadable-config.js';
import { MachineSecrets } from '../secrets/machine-secrets.js';
import { version } from './version.js';

export interface Daemon {
  /** Takes up the configuration anew. @throws ConfigUnreadable, ConfigInvalid, NeedsRestart; the old one then stays. */
  reload(): void;
  /** Ends what is under way, in the opposite order of the start. */
  close(): Promise<void>;
}

type Close = () => Promise<void>;

/** A connection is heard of by so much later than it was made, at the most: an answer of the kernel went to some card by then. */
const BEFORE_CONNECTED_MS = 2000;
const LOOK_FOR_STUCK_MS = 5000;
const FORGET_UNUSED_MS = 60_000;
const DROP_BOOTS_MS = 10_000;
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
  config.follow((next) => {
    logger.info({}, 'the configuration was reloaded');
    warnOfMissingImages(next, logger);
    for (const text of unreachedProfiles(next.profiles)) logger.warn({}, text);
  });
  warnOfMissingImages(initial, logger);
  for (const text of unreachedProfiles(initial.profiles)) logger.warn({}, text);
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

/** What all later parts stand on. */
interface Ground {
  readonly settings: ReloadableConfig;
  readonly logger: Logger;
  /** What is to be closed, in the order in which it was started. */
  readonly started: Close[];
  readonly store: Awaited<ReturnType<typeof openHostStore>>;
  readonly metrics: HttpMetrics;
  readonly reach: ReachLimit;
  readonly platforms: SeenPlatforms;
  /** With the passwords in it that the configuration names. */
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly dhcp: DhcpServer | undefined;
  readonly leases: LeaseBook;
  readonly capabilities: KeptCapabilities;
  readonly cardAt: HttpServices['cardAt'];
  readonly secrets: MachineSecrets;
}

async function startParts(settings: ReloadableConfig, logger: Logger, started: Close[]): Promise<void> {
  const giveUpPorts = await takeFolders(settings.current);
  const ground = await openGround(settings, logger, started);
  const fleet = await startFleet(ground);
  const outside = await followOthers(ground);
  ground.metrics.watchJoining(fleet.joining);
  ground.metrics.watch(ground.store, fleet.provisioner, fleet.stuck, outside.otherAlarms);
  const files = openFiles(ground);
  await startHttp(ground, fleet, outside, files);
  await startNetwork(ground, outside, files);
  giveUpPorts();
}

/** The folders that imago writes to, and the user that it is from now on. @returns gives up what was kept for opening ports */
async function takeFolders({ cluster, paths, process: { user } }: Config): Promise<GiveUpPorts> {
  makeFolder(paths.state, 'paths.state');
  makeFolder(join(paths.clusters, cluster), 'paths.clusters');
  return user === undefined ? () => undefined : becomeUser(user, [paths.state, paths.clusters, paths.images]);
}

async function openGround(settings: ReloadableConfig, logger: Logger, started: Close[]): Promise<Ground> {
  const config = settings.current;
  const store = await openHostStore({
    directory: join(config.paths.clusters, config.cluster),
    clock: now,
    logger: logger.child({ part: 'store' }),
    defaults: { defaultEtcdClusterToken: randomBytes(16).toString('hex') },
    kinds: await kindsOf(config),
  });
  started.push(() => store.close());
  const metrics = new HttpMetrics();
  const reach = limitWatch(metrics.registry, logger, Date.now);
  const platforms = new SeenPlatforms(reach);
  const dhcp = createDhcp(settings, store, platforms, metrics, logger.child({ part: 'dhcp' }));
  const environment = takeSecrets(process.env, config);
  settings.follow((next) => hideSecrets(process.env, next));
  const secrets = new MachineSecrets({
    config: () => settings.current.secrets,
    folder: join(config.paths.state, 'secrets'),
    environment,
    store,
    reach,
    count: (outcome) => metrics.askedForSecrets(outcome),
    clock: now,
    log: logger.child({ part: 'secrets' }),
  });
  started.push(() => secrets.close());
  await secrets.start();
  settings.follow(() => secrets.look());
  return {
    settings,
    logger,
    started,
    store,
    metrics,
    reach,
    platforms,
    environment,
    dhcp,
    leases: leaseBookOf(dhcp),
    capabilities: await openCapabilities(config, store, logger, started),
    cardAt: await seenCards(settings, started),
    secrets,
  };
}

async function openCapabilities(
  { paths }: Config,
  store: Ground['store'],
  logger: Logger,
  started: Close[],
): Promise<KeptCapabilities> {
  const log = logger.child({ part: 'capabilities' });
  const capabilities = await KeptCapabilities.open({
    folder: paths.state,
    store,
    now: Date.now,
    log: { warn: (facts, text) => log.warn(facts, text) },
  });
  started.push(() => capabilities.close());
  return capabilities;
}

/** Cards are seen on the provisioning network itself; who comes over a router is known by his lease alone. */
async function seenCards(settings: ReloadableConfig, started: Close[]): Promise<HttpServices['cardAt']> {
  const neighbours = await openNeighbours(settings.current.network.interface, () => performance.now());
  started.push(() => Promise.resolve(neighbours.close()));
  return (address, since) => {
    if (!subnetContains(settings.current.network.subnet, address)) return 'off-link';
    if (since !== undefined && !neighbours.isSteadySince(address, since - BEFORE_CONNECTED_MS))
      return 'unsteady';
    return neighbours.at(address);
  };
}

/** What happens to machines: their way, their power, who is stuck, and who is told of it. */
async function startFleet({
  settings,
  logger,
  started,
  store,
  metrics,
  reach,
  platforms,
  environment,
  capabilities,
  secrets,
}: Ground): Promise<Fleet> {
  const config = settings.current;
  let provisioning = provisioningSettings(config);
  settings.follow((next) => (provisioning = provisioningSettings(next)));
  const joining = await openJoining({
    config: () => settings.current,
    store,
    reach,
    clock: now,
    logger: logger.child({ part: 'joining' }),
  });
  const fleet = composeFleet({
    store,
    joining,
    config: () => settings.current,
    settings: () => {
      const discovery = discoveryOf(settings.current, store);
      return discovery === undefined ? provisioning : { ...provisioning, discovery };
    },
    platforms,
    reach,
    turnedAway: (reason) => metrics.turnedAway(reason),
    capabilities,
    unproven: (lack, outcome) => metrics.unproven(lack, outcome),
    startedOver: (serial) => secrets.reopen(serial),
    environment,
    clock: now,
    loggerOf: (part) => logger.child({ part }),
  });
  const { provisioner, stuck } = fleet;
  const hooks = new Hooks({
    store,
    stuck,
    joining,
    config: config.events,
    folder: join(config.paths.state, 'hooks'),
    environment,
    outgoing: outgoingOf(settings),
    clock: now,
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
  return fleet;
}

/** What is asked of others, or hangs on what they have: boot loaders, a repository elsewhere, etcd discovery. */
async function followOthers({
  settings,
  logger,
  started,
  store,
  metrics,
  reach,
  environment,
  leases,
  secrets,
}: Ground) {
  const loaders = new LoaderWatch({
    config: () => settings.current,
    macOf: (address) => leases.macOfAddress(address),
    log: { info: (facts, text) => logger.info(facts, text), warn: (facts, text) => logger.warn(facts, text) },
    clock: now,
  });
  settings.follow(() => loaders.follow());
  const { registry } = metrics;
  const exchange = new RemoteExchange({ remote: store.remote, registry, environment, clock: now });
  const discovery = new ExternalDiscovery({
    store,
    outgoing: outgoingOf(settings, { usesProxy: true }),
    registry,
    clock: now,
    log: logger.child({ part: 'etcd' }),
  });
  settings.follow((next) => discovery.follow(next));
  started.push(() => discovery.close());
  discovery.follow(settings.current);
  const parts = { config: () => settings.current, store, reach, clock: now };
  const log = logger.child({ part: 'boot' });
  const boots = await openOrderedBoots({ ...parts, log });
  const dropping = setInterval(() => {
    boots
      .dropOver()
      .catch((error: unknown) => log.warn({ err: error }, 'files of boots that are over stay for now'));
  }, DROP_BOOTS_MS);
  started.push(() => Promise.resolve(clearInterval(dropping)));
  const systems = await OtherSystems.open(
    {
      ...parts,
      metrics,
      environment,
      logger: log,
      outgoing: () => outgoingOf(settings, { usesProxy: true }),
    },
    boots.source,
  );
  started.push(() => systems.close());
  const tls = await openOperatorsTls({
    config: () => settings.current,
    registry,
    clock: now,
    log: logger.child({ part: 'tls' }),
  });
  started.push(() => Promise.resolve(tls.close()));
  settings.follow(() => void tls.look());
  const otherAlarms = () => [
    ...discovery.alarms(),
    ...loaders.alarms(),
    ...systems.alarms(),
    ...tls.alarms(),
    ...secrets.alarms(),
  ];
  return { loaders, exchange, boots, systems, tls, otherAlarms };
}

/** What machines fetch: images, templates, and what is made for each. */
function openFiles({ settings, logger, started, store, reach, platforms, leases }: Ground) {
  const { paths } = settings.current;
  const stock = openImageStock({
    root: paths.images,
    mirrorFolder: join(paths.state, 'mirror'),
    config: () => settings.current.images,
    outgoing: outgoingOf(settings, { usesProxy: true }),
    reach,
    clock: now,
    log: logger.child({ part: 'images' }),
  });
  started.push(() => stock.close());
  const templates = createTemplates(
    { templatesDir: paths.templates, snippetsDir: paths.snippets },
    LOOK_AT_TEMPLATES_MS,
  );
  const made = madeFiles(
    machineFiles({ config: () => settings.current, fleet: store, leases, platforms, templates, logger }),
  );
  return { stock, templates, made, files: tftpFiles(settings.current, made) };
}

type Outside = Awaited<ReturnType<typeof followOthers>>;
type Files = ReturnType<typeof openFiles>;

async function startHttp(
  {
    settings,
    logger,
    started,
    store,
    metrics,
    reach,
    platforms,
    environment,
    dhcp,
    leases,
    capabilities,
    cardAt,
    secrets,
  }: Ground,
  { joining, provisioner, power, progress, stuck }: Fleet,
  { loaders, exchange, boots, systems, tls, otherAlarms }: Outside,
  { stock, templates, made, files }: Files,
): Promise<void> {
  const config = settings.current;
  const { authenticator, tokens, sessions, oidc, audit, ...operators } = await openOperators({
    state: config.paths.state,
    config: () => settings.current,
    environment,
    outgoing: () => outgoingOf(settings, { usesProxy: true }),
    metrics,
    reach,
    clock: now,
    log: logger.child({ part: 'access' }),
  });
  started.push(() => operators.close());
  settings.follow(() => operators.follow());
  const duplicate = await loadDuplicate();
  const sender = duplicate && new SenderThreads(duplicate);
  if (sender) started.push(() => sender.close());
  const services: HttpServices = {
    sender,
    config: () => settings.current,
    reload: () => settings.reload(),
    store,
    backups: new ClusterBackups(
      join(config.paths.clusters, config.cluster),
      join(config.paths.state, 'backup'),
    ),
    provisioner,
    joining,
    platforms,
    templates,
    secrets,
    images: new ImageCatalog(config.paths.images, LOOK_AT_IMAGES_MS),
    stock,
    power,
    boots,
    sources: systems.sources,
    fileAt: (url) => systems.fileAt(url),
    netboot: systems.netboot,
    stuck,
    news: exchange,
    otherAlarms,
    leases,
    authenticator,
    tokens,
    sessions,
    oidc,
    audit,
    certificates: tls.certificates,
    capabilities,
    cardAt,
    ...(dhcp && { previewDhcp: (request, before) => dhcp.preview(request, before) }),
    ...(config.listeners.tftp.enabled && { tftpSize: (name, client) => sizeOf(files, name, client) }),
    missing: (filename, client) => loaders.asked(filename, client),
    machineFile: async (name, client) => (await made.open(name, client))?.content,
    progress,
    metrics,
    reach,
    logger: logger.child({ part: 'http' }),
    clock: now,
    version: version(),
  };
  const http = createHttpServers(services, systems.dialects(services));
  settings.follow((next) => exchange.follow(next));
  await http.start();
  exchange.follow(config);
  started.push(() => http.close());
}

/** What machines ask before they know of HTTP; DHCP comes last, since all else is ready for whoever gets an address. */
async function startNetwork(
  { settings, logger, started, store, metrics, reach, dhcp, leases }: Ground,
  { loaders, systems }: Outside,
  { files }: Files,
): Promise<void> {
  const config = settings.current;
  const apis = systems.apis();
  if (apis.length > 0) {
    const { startGrpc } = await import('./grpc.js');
    const log = logger.child({ part: 'grpc' });
    const grpc = await startGrpc(apis, {
      config: () => settings.current,
      registry: metrics.registry,
      reach,
      log,
    });
    started.push(() => grpc.close());
  }
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
    const dns = await startDns({
      config: () => settings.current,
      fleet: store,
      isKnown: knownAddresses(store, leases),
      metrics,
      reach,
      log,
    });
    started.push(() => dns.close());
  }
  if (dhcp) {
    await dhcp.start();
    started.push(() => dhcp.close());
  }
}

function outgoingOf(settings: ReloadableConfig, options: { readonly usesProxy?: boolean } = {}): Outgoing {
  return new Outgoing({ ...options, localTargets: () => settings.current.network.localTargets });
}

function now(): Date {
  return new Date();
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
