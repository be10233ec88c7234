import { randomBytes } from 'node:crypto';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Logger } from 'pino';
import { dhcpPolicy } from '../boot/dhcp-policy.js';
import type { Config } from '../config/schema.js';
import type { Lease } from '../dhcp/lease.js';
import { DhcpServer } from '../dhcp/server.js';
import type { HostStore } from '../host/host-store.js';
import { createHttpServers } from '../http/create-http-servers.js';
import { HttpMetrics } from '../http/http-metrics.js';
import { ProgressBoard } from '../http/progress-board.js';
import type { LeaseBook, LeaseInfo } from '../http/services.js';
import { ImageCatalog } from '../images/image-catalog.js';
import { formatIpv4 } from '../net/ipv4.js';
import { provisioningSettings } from '../provision/provisioning-settings.js';
import { Provisioner } from '../provision/provisioner.js';
import { openHostStore } from '../store/open-host-store.js';
import { createTemplates } from '../template/catalog.js';
import { autoexecFallback, perMachineFolders } from '../tftp/generated-source.js';
import { rootSource } from '../tftp/root-source.js';
import { startTftpServer } from '../tftp/server.js';
import { layeredSource } from '../tftp/source.js';
import { dhcpSettingsOf, knownHostsOf } from './dhcp-settings.js';
import { dhcpObserver, tftpObserver } from './protocol-metrics.js';
import { version } from './version.js';

export interface Daemon {
  /** Ends what is under way, in the opposite order of the start. */
  close(): Promise<void>;
}

type Close = () => Promise<void>;

/**
 * Opens the store, then answers HTTP, TFTP and DHCP, in this order: a machine that gets an address finds the rest ready. What
 * was started is stopped again when a later part cannot be.
 * @throws ImagoError that says what is in the way
 */
export async function startDaemon(config: Config, logger: Logger): Promise<Daemon> {
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
    { version: version(), cluster: config.cluster, interface: config.network.interface },
    'imago is ready',
  );
  return { close };
}

async function startParts(config: Config, logger: Logger, started: Close[]): Promise<void> {
  mkdirSync(config.paths.state, { recursive: true });
  const store = await openHostStore({
    directory: join(config.paths.clusters, config.cluster),
    clock: () => new Date(),
    logger: logger.child({ part: 'store' }),
    defaults: { defaultEtcdClusterToken: randomBytes(16).toString('hex') },
  });
  started.push(() => store.close());

  const metrics = new HttpMetrics();
  const dhcp = createDhcp(config, store, metrics, logger.child({ part: 'dhcp' }));
  const provisioner = new Provisioner({
    store,
    settings: () => provisioningSettings(config),
    clock: () => new Date(),
    logger: logger.child({ part: 'provision' }),
  });
  metrics.watch(store, provisioner);

  const http = createHttpServers({
    config: () => config,
    store,
    provisioner,
    templates: createTemplates({ templatesDir: config.paths.templates, snippetsDir: config.paths.snippets }),
    images: new ImageCatalog(config.paths.images),
    leases: leaseBookOf(dhcp),
    progress: new ProgressBoard(),
    metrics,
    logger: logger.child({ part: 'http' }),
    clock: () => new Date(),
    version: version(),
  });
  await http.start();
  started.push(() => http.close());

  if (config.listeners.tftp.enabled) {
    const tftp = await startTftp(config, metrics, logger.child({ part: 'tftp' }));
    started.push(() => tftp.close());
  }
  if (dhcp) {
    await dhcp.start();
    started.push(() => dhcp.close());
  }
}

function createDhcp(
  config: Config,
  store: HostStore,
  { registry }: HttpMetrics,
  logger: Logger,
): DhcpServer | undefined {
  const settings = dhcpSettingsOf(config);
  if (!settings) return undefined;
  const server: DhcpServer = new DhcpServer(
    dhcpPolicy(settings, knownHostsOf(store)),
    {
      interfaceName: config.network.interface,
      serverAddress: config.network.serverAddress,
      allowOtherNetworks: config.network.allowOtherNetworks,
      journalPath: join(config.paths.state, `${config.cluster}.leases`),
    },
    {
      log: logger,
      observer: dhcpObserver(registry, () => server.leases().length),
      clock: Date.now,
    },
  );
  return server;
}

function startTftp(config: Config, { registry }: HttpMetrics, logger: Logger) {
  const { port, singlePort, maxTransfers, maxTransfersPerClient } = config.listeners.tftp;
  return startTftpServer({
    address: formatIpv4(config.network.serverAddress),
    port,
    singlePort,
    maxTransfers,
    maxTransfersPerClient,
    source: layeredSource([perMachineFolders(rootSource(config.paths.tftpRoot)), autoexecFallback()]),
    observer: tftpObserver(registry),
    log: logger,
  });
}

function leaseBookOf(dhcp: DhcpServer | undefined): LeaseBook {
  return {
    macOfAddress: (address) => dhcp?.leaseAt(address)?.mac,
    list: () => dhcp?.leases().flatMap(leaseInfo) ?? [],
  };
}

function leaseInfo({ address, mac, key, hostname, state, expiresAt }: Lease): LeaseInfo[] {
  if (mac === undefined) return [];
  return [
    { address, mac, clientId: key, ...(hostname && { hostname }), state, expires: new Date(expiresAt) },
  ];
}
