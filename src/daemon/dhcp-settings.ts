import type { DhcpSettings, KnownHosts } from '../boot/dhcp-settings.js';
import type { Config } from '../config/schema.js';
import type { FleetView } from '../host/host-store.js';
import { formatIpv4 } from '../net/ipv4.js';

/** How long an offer is held for the client that got it: firmware answers within a few seconds, or asks anew. */
const OFFER_SECONDS = 60;
/** How long an address stays set aside after a client found it in use. */
const DECLINE_SECONDS = 600;

/** The configuration as the DHCP decisions take it; undefined when DHCP is off. */
export function dhcpSettingsOf({ network, dhcp, listeners }: Config): DhcpSettings | undefined {
  if (dhcp.mode === 'off') return undefined;
  const base = `http://${formatIpv4(network.serverAddress)}:${listeners.http.port}`;
  return {
    mode: dhcp.mode,
    serverAddress: network.serverAddress,
    authoritative: false,
    subnets: [
      {
        subnet: network.subnet,
        pool: network.bootstrapRange,
        leaseSeconds: network.bootstrapRange.leaseSeconds,
        routers: network.router === undefined ? [] : [network.router],
        dnsServers: network.dns,
        ntpServers: network.ntp,
        ...(network.domain !== undefined && { domain: network.domain }),
      },
    ],
    hostRange: network.hostRange,
    leaseFixedAddresses: false,
    reservations: [],
    deny: [],
    offerSeconds: OFFER_SECONDS,
    declineSeconds: DECLINE_SECONDS,
    probe: false,
    leasesPerRelayPort: 0,
    boot: { bootUrl: `${base}/boot.ipxe`, tftpServer: network.serverAddress, loaderBaseUrl: `${base}/tftp/` },
  };
}

/** What the fleet says of a machine that asks for an address. */
export function knownHostsOf(fleet: Pick<FleetView, 'hostByMac'>): KnownHosts {
  return {
    byMac(mac) {
      const host = fleet.hostByMac(mac);
      return (
        host && {
          ...(host.internalAddress !== undefined && { address: host.internalAddress }),
          ...(host.hostname !== undefined && { hostname: host.hostname }),
        }
      );
    },
  };
}
