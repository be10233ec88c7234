import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { Readable } from 'node:stream';
import { pino } from 'pino';
import { BootSources, type BootSource } from '../../src/boot/boot-source.js';
import { portSettings, sourcesOf, type DialectName, type PortedDialect } from '../../src/config/dialects.js';
import { parseConfig } from '../../src/config/parse-config.js';
import type { Config } from '../../src/config/schema.js';
import { openOperators } from '../../src/daemon/operators.js';
import { openOrderedBoots } from '../../src/daemon/ordered-boots.js';
import { KeptCapabilities } from '../../src/daemon/kept-capabilities.js';
import { limitWatch } from '../../src/daemon/limit-watch.js';
import { createHttpServers } from '../../src/http/create-http-servers.js';
import type { Dialect } from '../../src/http/dialect.js';
import { mayuDialect } from '../../src/dialects/mayu/mayu-dialect.js';
import type { SourceName } from '../../src/host/source-name.js';
import { HttpMetrics } from '../../src/http/http-metrics.js';
import { Authenticator } from '../../src/access/authenticate.js';
import type { OperatorProof } from '../../src/access/operator-proof.js';
import type { LeaseInfo } from '../../src/access/lease-book.js';
import type { HttpServices } from '../../src/http/services.js';
import { Joining } from '../../src/joining/joining.js';
import { RejectedFile } from '../../src/joining/rejected-file.js';
import { ImageCatalog } from '../../src/images/image-catalog.js';
import { SenderThreads } from '../../src/net/linux/sender-threads.js';
import { loadDuplicate } from '../../src/net/linux/sendfile.js';
import { Outgoing } from '../../src/net/outgoing.js';
import { openImageStock } from '../../src/images/image-stock.js';
import { parseIpv4 } from '../../src/net/ipv4.js';
import { parseMac } from '../../src/net/mac-address.js';
import { composeFleet } from '../../src/provision/compose-fleet.js';
import { provisioningSettings } from '../../src/provision/provisioning-settings.js';
import { SeenPlatforms } from '../../src/provision/seen-platforms.js';
import { MachineSecrets } from '../../src/secrets/machine-secrets.js';
import { createTemplates } from '../../src/template/catalog.js';
import { InMemoryHostStore } from './fake-host-store.js';

export const houseConfig = `
cluster: test
network:
  interface: br0
  serverAddress: 10.75.0.1
  subnet: 10.75.0.0/24
  bootstrapRange: { first: 10.75.0.100, last: 10.75.0.199 }
  hostRange: { first: 10.75.0.10, last: 10.75.0.99 }
profiles:
  - { name: core, quantity: 1, tags: [role=core], osVersion: v1, etcdToken: coretoken }
  - { name: default, tags: [role=worker], osVersion: v1 }
hosts:
  - { serial: pre0001, profile: default, address: 10.75.0.90, cabinet: 3, overrides: { color: red } }
`;

/** The templates as they are shipped. */
const shipped = { templatesDir: resolve('templates'), snippetsDir: resolve('template_snippets') };

export interface HouseOptions {
  readonly config?: string;
  readonly store?: InMemoryHostStore;
  readonly leases?: readonly { address: string; mac: string }[];
  /** Why leases cannot be written. */
  readonly leaseTrouble?: string;
  readonly templates?: HttpServices['templates'];
  /** Where passwords of BMCs may stand. */
  readonly environment?: Readonly<Record<string, string>>;
  readonly now?: () => Date;
  /** Gets each line of the log, down to debug. */
  readonly logTo?: { write(line: string): void };
  readonly previewDhcp?: HttpServices['previewDhcp'];
  readonly tftpSize?: HttpServices['tftpSize'];
  readonly machineFile?: HttpServices['machineFile'];
  readonly missing?: HttpServices['missing'];
  /** What systems beside imago's own serve at a URL. */
  readonly fileAt?: HttpServices['fileAt'];
  readonly otherAlarms?: HttpServices['otherAlarms'];
  /** Who decides what a machine boots, beside hosts. */
  readonly sources?: { readonly order: readonly SourceName[]; readonly all: readonly BootSource[] };
  /** Spoken beside imago's own, and Mayu's, or at ports of their own. */
  readonly dialects?: (services: HttpServices) => readonly Dialect[];
  /** Keeps images that machines are tied to. */
  readonly netboot?: HttpServices['netboot'];
  /** The clock of what clients hold, in milliseconds. */
  readonly trafficNow?: () => number;
  /** Which network card is seen at an address; none can be unless it is given. */
  readonly cardAt?: HttpServices['cardAt'];
  /** By which operators prove who they are, at `provenUrl`. */
  readonly proofs?: readonly OperatorProof[];
}

/** imago's HTTP side on loopback ports, with a store in memory and images in a folder of its own. */
export interface House {
  readonly url: string;
  readonly operatorUrl: string;
  /** Where operators have to prove who they are: in plain text, for tests. */
  readonly provenUrl: string;
  /** As by the socket of the server itself. */
  readonly localUrl: string;
  /** Of a dialect with a port of its own. */
  urlOf(name: PortedDialect): string;
  readonly store: InMemoryHostStore;
  readonly services: HttpServices;
  readonly folder: string;
  write(path: string, content: string | Uint8Array): Promise<void>;
  close(): Promise<void>;
}

export async function openHouse(options: HouseOptions = {}): Promise<House> {
  const folder = await mkdtemp(join(tmpdir(), 'imago-http-'));
  const write = async (path: string, content: string | Uint8Array) => {
    await mkdir(dirname(join(folder, path)), { recursive: true });
    await writeFile(join(folder, path), content);
  };
  for (const file of ['vmlinuz', 'initrd.cpio.gz', 'install_image.bin.bz2'])
    await write(`images/v1/${file}`, `v1 ${file}`);
  await mkdir(join(folder, 'static'));
  await mkdir(join(folder, 'state'));
  const parsed = parseConfig(options.config ?? houseConfig, 'house.yaml');
  const config: Config = {
    ...parsed,
    paths: {
      ...parsed.paths,
      state: join(folder, 'state'),
      static: [join(folder, 'static')],
      tftpRoot: resolve(folder, parsed.paths.tftpRoot),
    },
  };
  const store = options.store ?? new InMemoryHostStore([], 'defaulttoken');
  const logger = options.logTo
    ? pino({ level: 'debug' }, options.logTo)
    : pino({ level: process.env['IMAGO_TEST_LOG'] ?? 'silent' });
  const clock = options.now ?? (() => new Date());
  const settings = provisioningSettings({ ...config, network: config.network });
  const metrics = new HttpMetrics();
  const reach = limitWatch(metrics.registry, logger, Date.now);
  const platforms = new SeenPlatforms(reach);
  const capabilities = await KeptCapabilities.open({
    folder: config.paths.state,
    store,
    now: Date.now,
    log: logger,
  });
  const joining = new Joining({
    key: Buffer.alloc(32, 7),
    settings: () => config.newHosts,
    fleet: store,
    rejected: [],
    keeper: new RejectedFile(join(folder, 'rejected.json')),
    reach,
    clock,
  });
  const { provisioner, power, progress, stuck } = composeFleet({
    store,
    joining,
    config: () => config,
    settings: () => settings,
    platforms,
    reach,
    turnedAway: (reason) => metrics.turnedAway(reason),
    capabilities,
    unproven: (lack, outcome) => metrics.unproven(lack, outcome),
    startedOver: (serial) => secrets.reopen(serial),
    environment: options.environment ?? {},
    clock,
    loggerOf: () => logger,
  });
  const secrets = new MachineSecrets({
    config: () => config.secrets,
    folder: join(folder, 'state', 'secrets'),
    environment: options.environment ?? {},
    store,
    reach,
    count: (outcome) => metrics.askedForSecrets(outcome),
    clock,
    log: logger,
  });
  await stuck.start();
  metrics.watchJoining(joining);
  metrics.watch(store, provisioner, stuck);
  const stock = openImageStock({
    outgoing: new Outgoing(),
    reach: () => undefined,
    root: join(folder, 'images'),
    mirrorFolder: join(folder, 'mirror'),
    config: () => config.images,
    clock,
    log: logger,
  });
  const boots = await openOrderedBoots({ config: () => config, store, reach, clock, log: logger });
  const leases = { ...leaseBook(options.leases ?? []), trouble: () => options.leaseTrouble };
  await mkdir(config.paths.state, { recursive: true });
  const access = await openOperators({
    state: config.paths.state,
    config: () => config,
    environment: options.environment ?? {},
    outgoing: () => new Outgoing(),
    metrics,
    reach,
    clock,
    now: options.trafficNow,
    log: logger,
  });
  const duplicate = await loadDuplicate();
  const services: HttpServices = {
    sender: duplicate && new SenderThreads(duplicate),
    config: () => config,
    reload: () => undefined,
    store,
    backups: { make: () => Promise.resolve(smallBackup()) },
    provisioner,
    joining,
    platforms,
    templates: options.templates ?? createTemplates(shipped),
    secrets,
    images: new ImageCatalog(join(folder, 'images')),
    stock,
    power,
    sources: new BootSources(
      () => options.sources?.order ?? sourcesOf(config),
      (name) => [boots.source, ...(options.sources?.all ?? [])].find((source) => source.name === name),
    ),
    boots,
    netboot: options.netboot,
    leases,
    authenticator: options.proofs ? new Authenticator(options.proofs) : access.authenticator,
    tokens: access.tokens,
    sessions: access.sessions,
    oidc: () => access.oidc(),
    audit: access.audit,
    capabilities,
    cardAt: options.cardAt ?? (() => 'off-link'),
    previewDhcp: options.previewDhcp,
    tftpSize: options.tftpSize,
    missing: options.missing,
    fileAt: options.fileAt,
    otherAlarms: options.otherAlarms,
    machineFile: options.machineFile ?? (() => Promise.resolve(undefined)),
    progress,
    stuck,
    metrics,
    ...(options.trafficNow && { now: options.trafficNow }),
    reach,
    logger,
    clock,
    version: '1.2.3',
  };
  const listener = { address: '127.0.0.1', port: 0, setting: 'listeners.http.port' } as const;
  const dialects = [mayuDialect(services), ...(options.dialects?.(services) ?? [])];
  const ported = dialects.flatMap(({ name }) => (isPorted(name) ? [name] : []));
  const servers = createHttpServers(services, dialects, [
    { ...listener, audience: 'both', way: 'trusted' },
    { ...listener, audience: 'operators', way: 'trusted' },
    { ...listener, audience: 'operators', way: 'tls' },
    { ...listener, audience: 'operators', way: 'socket' },
    ...ported.map((name) => ({ ...listener, audience: 'machines', dialect: name }) as const),
  ]);
  const [both, operators, proven, local, ...others] = await servers.start();
  return {
    urlOf: (name) => `http://127.0.0.1:${others[ported.indexOf(name)]?.port}`,
    url: `http://127.0.0.1:${both?.port}`,
    operatorUrl: `http://127.0.0.1:${operators?.port}`,
    provenUrl: `http://127.0.0.1:${proven?.port}`,
    localUrl: `http://127.0.0.1:${local?.port}`,
    store,
    services,
    folder,
    write,
    async close() {
      await servers.close();
      await access.close();
      await services.sender?.close();
      await secrets.close();
      await stock.close();
      await capabilities.close();
      await stuck.close();
      await rm(folder, { recursive: true });
    },
  };
}

function isPorted(name: DialectName): name is PortedDialect {
  return Object.hasOwn(portSettings, name);
}

/** A store in memory has no folder to be copied. */
function smallBackup(): Awaited<ReturnType<HttpServices['backups']['make']>> {
  const content = Readable.from([Buffer.from('an archive')], { objectMode: false });
  return { head: 'ab'.repeat(20), bytes: 10, content };
}

function leaseBook(
  leases: readonly { address: string; mac: string }[],
): Omit<HttpServices['leases'], 'trouble'> {
  const list: LeaseInfo[] = leases.map(({ address, mac }) => ({
    address: parseIpv4(address),
    mac: parseMac(mac),
    state: 'bound',
    expires: new Date(Date.UTC(2027, 0, 1)),
  }));
  return {
    macOfAddress: (address) => list.find((lease) => lease.address === address)?.mac,
    lastHolder: (address) => list.find((lease) => lease.address === address)?.mac,
    epochOf: () => 0,
    isLeased: (address) => list.some((lease) => lease.address === address),
    list: () => list,
  };
}
