import type { DhcpSettings, DhcpSubnet, KnownHosts } from '../dhcp/policy/settings.js';
import type { Config } from '../config/schema.js';
import type { FleetView } from '../host/host-store.js';
import { formatIpv4 } from '../net/ipv4.js';

/** The configuration as the DHCP decisions take it; undefined when DHCP is off. */
export function dhcpSettingsOf({ network, dhcp, listeners }: Config): DhcpSettings | undefined {
  if (dhcp.mode === 'off') return undefined;
  const base = `http://${formatIpv4(network.serverAddress)}:${listeners.http.port}`;
  const provisioning: DhcpSubnet = {
    subnet: network.subnet,
    pool: network.bootstrapRange,
    leaseSeconds: network.bootstrapRange.leaseSeconds,
    routers: network.router === undefined ? [] : [network.router],
    dnsServers: network.dns,
    // RFC 2132 §8.3: option 42 has no names.
    ntpServers: network.ntp.filter((server) => typeof server !== 'string'),
    ...(network.domain !== undefined && { domain: network.domain }),
    extraOptions: dhcp.options,
  };
  return {
    mode: dhcp.mode,
    serverAddress: network.serverAddress,
    authoritative: dhcp.authoritative,
    subnets: [provisioning, ...dhcp.subnets.map((subnet) => relayedSubnet(subnet, provisioning))],
    hostRange: network.hostRange,
    leaseFixedAddresses: dhcp.leaseFixedAddresses,
    reservations: dhcp.reservations,
    ...(dhcp.allow !== undefined && { allow: dhcp.allow }),
    deny: dhcp.deny,
    identifyBy: dhcp.identifyBy,
    offerSeconds: dhcp.offerSeconds,
    declineSeconds: dhcp.declineSeconds,
    probe: dhcp.conflictProbe,
    routerAdvertisement: dhcp.routerAdvertisement,
    leasesPerRelayPort: dhcp.leasesPerRelayPort,
    boot: {
      bootUrl: `${base}/boot.ipxe`,
      tftpServer: network.serverAddress,
      loaderBaseUrl: `${base}/tftp/`,
      loaders: dhcp.loaders,
      ...(dhcp.ownUserClass !== undefined && { ownUserClass: dhcp.ownUserClass }),
    },
  };
}

/** A network behind a relay: what it leaves out it has from the provisioning network, but for the way out of it. */
function relayedSubnet(relayed: Config['dhcp']['subnets'][number], provisioning: DhcpSubnet): DhcpSubnet {
  const domain = relayed.domain ?? provisioning.domain;
  return {
    subnet: relayed.subnet,
    ...(relayed.range !== undefined && { pool: relayed.range }),
    leaseSeconds: relayed.leaseSeconds,
    routers: relayed.router === undefined ? [] : [relayed.router],
    dnsServers: relayed.dns ?? provisioning.dnsServers,
    ntpServers: relayed.ntp ?? provisioning.ntpServers,
    ...(domain !== undefined && { domain }),
    extraOptions: relayed.options,
  };
}

/** What the fleet and the configuration say of a machine that asks for an address. */
export function knownHostsOf(
  fleet: Pick<FleetView, 'hostByMac'>,
  { profiles, hosts }: Pick<Config, 'profiles' | 'hosts'>,
): KnownHosts {
  const ofProfile = new Map(profiles.map(({ name, boot }) => [name, boot.loaders]));
  const ofHost = new Map(hosts.map(({ serial, loaders }) => [serial, loaders]));
  return {
    byMac(mac) {
      const host = fleet.hostByMac(mac);
      if (host === undefined) return undefined;
      return {
        ...(host.internalAddress !== undefined && { address: host.internalAddress }),
        ...(host.hostname !== undefined && { hostname: host.hostname }),
        loaders: [ofProfile.get(host.profile ?? ''), ofHost.get(host.serial)].filter(
          (table) => table !== undefined,
        ),
      };
    },
  };
}
