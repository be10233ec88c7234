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
import type { HttpMetrics } from '../http/http-metrics.js';
import type { LeaseBook, LeaseInfo } from '../access/lease-book.js';
import type { SeenPlatforms } from '../provision/seen-platforms.js';
import { dhcpSettingsOf, knownHostsOf } from './dhcp-settings.js';
import { dhcpObserver } from './protocol-metrics.js';
import type { ReloadableConfig } from './reloadable-config.js';

/** Undefined where the configuration wants none; else to be started. It follows the configuration. */
export function createDhcp(
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

/** What HTTP asks of the leases; of none where there is no DHCP. */
export function leaseBookOf(dhcp: DhcpServer | undefined): LeaseBook {
  return {
    macOfAddress: (address) => dhcp?.leaseAt(address)?.mac,
    lastHolder: (address) => dhcp?.lastLeaseAt(address)?.mac,
    epochOf: (address) => dhcp?.lastLeaseAt(address)?.epoch ?? 0,
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
