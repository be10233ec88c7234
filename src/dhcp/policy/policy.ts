import type { DhcpPolicy } from '../decision.js';
import { encodeOption, options } from '../options.js';
import { rangeContains } from '../../net/address-range.js';
import type { Ipv4 } from '../../net/ipv4.js';
import type { MacAddress } from '../../net/mac-address.js';
import type { PreparedSettings } from './context.js';
import { decideDhcp } from './decide.js';
import { compileNetwork } from './network.js';
import type { DhcpSettings, DhcpSubnet, KnownHosts, Reservation } from './settings.js';

/** The settings made ready to answer with. */
export function dhcpPolicy(settings: DhcpSettings, hosts: KnownHosts): DhcpPolicy {
  const prepared = prepare(settings, hosts);
  const isServer = settings.mode === 'server';
  return {
    pools: isServer ? settings.subnets.map((subnet) => poolOf(subnet, settings)) : [],
    proxyPort: !isServer,
    declineSeconds: settings.declineSeconds,
    identifyBy: settings.identifyBy,
    routerAdvertisement: isServer && settings.routerAdvertisement,
    decide: (request, port, leases, now) => decideDhcp(prepared, request, port, leases, now),
  };
}

function prepare(settings: DhcpSettings, hosts: KnownHosts): PreparedSettings {
  const byMac = new Map<MacAddress, Reservation>();
  const byId = new Map<string, Reservation>();
  for (const reservation of settings.reservations) {
    if (reservation.mac !== undefined) byMac.set(reservation.mac, reservation);
    if (reservation.clientId !== undefined) byId.set(reservation.clientId, reservation);
  }
  return {
    settings,
    serverIdentifier: encodeOption(options.serverIdentifier, settings.serverAddress),
    networks: settings.subnets.map(compileNetwork),
    hosts,
    reservationsByMac: byMac,
    reservationsById: byId,
    allowed: settings.allow && new Set(settings.allow),
    denied: new Set(settings.deny),
  };
}

function poolOf(subnet: DhcpSubnet, settings: DhcpSettings) {
  const taken = new Set<Ipv4>([settings.serverAddress, settings.boot.tftpServer, ...subnet.routers]);
  for (const { address } of settings.reservations) if (address !== undefined) taken.add(address);
  const { hostRange } = settings;
  return {
    subnet: subnet.subnet,
    range: subnet.pool,
    excluded: (address: Ipv4) =>
      taken.has(address) || (hostRange !== undefined && rangeContains(hostRange, address)),
  };
}
