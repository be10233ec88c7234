import { describeBoot } from '../../boot/boot-file.js';
import { formatIpv4, rangeContains, subnetContains, UNSPECIFIED_IPV4, type Ipv4 } from '../../net/ipv4.js';
import type { MacAddress } from '../../net/mac-address.js';
import type { DhcpDecision, DhcpPolicy, IgnoreReason, ListeningPort } from '../decision.js';
import type { LeaseView } from '../lease-table.js';
import { clientKey } from '../lease.js';
import { BOOTREQUEST, readOption, type DhcpMessage } from '../message.js';
import { encodeOption, messageTypes, options } from '../options.js';
import {
  accessRefusal,
  bootAnswerFor,
  dhcpContext,
  macOf,
  unserved,
  type DhcpContext,
  type PreparedSettings,
} from './context.js';
import { CHAIN_MILLISECONDS, decideDiscover, decideRequest } from './lease-exchange.js';
import { compileNetwork } from './network.js';
import { informReply, proxyReply } from './reply.js';
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

/** So many addresses in a row may be in use by strangers. */
const MOST_DECLINES = 5;

/** What to answer to a DHCP message, and what becomes of the leases. Nothing happens here. RFC 2131 §4.3. */
export function decideDhcp(
  prepared: PreparedSettings,
  request: DhcpMessage,
  port: ListeningPort,
  leases: LeaseView,
  now: number,
): DhcpDecision {
  if (request.op !== BOOTREQUEST) return ignore('not-a-request');
  const type = readOption(request, options.messageType);
  if (type === undefined) return ignore('no-message-type');
  const key = clientKey(request, prepared.settings.identifyBy);
  if (key === undefined) return ignore('no-client-identity');
  const mac = macOf(request);
  const refusal = accessRefusal(prepared, mac);
  if (refusal !== undefined) return ignore(refusal);
  const isProxy = prepared.settings.mode === 'proxy';
  if (port === 'proxy' && !isProxy) return ignore('not-a-pxe-client');

  const context = dhcpContext(prepared, request, key, mac, leases, now);
  if (context === undefined) {
    return { kind: 'ignore', reason: 'no-subnet', about: formatIpv4(request.giaddr) };
  }
  if (isProxy) return decideProxy(context, type, port);
  switch (type) {
    case messageTypes.discover:
      return decideDiscover(context);
    case messageTypes.request:
      return decideRequest(context);
    case messageTypes.decline:
      return decideDecline(context);
    case messageTypes.release:
      return decideRelease(context);
    case messageTypes.inform:
      return decideInform(context);
    default:
      return ignore('unknown-message-type');
  }
}

/** RFC 2131 §4.3.3: the address is somebody else's. Only the client that was given it can know. */
function decideDecline(context: DhcpContext): DhcpDecision {
  const { request, leases, now, prepared } = context;
  const address = readOption(request, options.requestedAddress);
  const server = readOption(request, options.serverIdentifier);
  if (address === undefined || server === undefined) return ignore('malformed');
  if (server !== context.serverId) return ignore('other-server');
  const lease = leases.at(address);
  const isHolder = lease?.key === context.key && (lease.state === 'offered' || lease.state === 'bound');
  if (!isHolder) return ignore('not-the-holder');
  if (lease.declines >= MOST_DECLINES) {
    // It is the client that is at fault: it must not take the pool with it, one address after the other.
    return { kind: 'ignore', reason: 'declined-too-often', about: context.key };
  }
  const until = now + prepared.settings.declineSeconds * 1000;
  return {
    kind: 'ignore',
    reason: 'declined',
    about: formatIpv4(address),
    effect: { kind: 'decline', address, until, byClient: true },
  };
}

/** RFC 2131 §4.3.4. */
function decideRelease(context: DhcpContext): DhcpDecision {
  const { request, leases, now } = context;
  const server = readOption(request, options.serverIdentifier);
  if (server !== undefined && server !== context.serverId) return ignore('other-server');
  const lease = leases.at(request.ciaddr);
  if (lease?.key !== context.key || lease.state !== 'bound') return ignore('not-the-holder');
  const address = request.ciaddr;
  return {
    kind: 'ignore',
    reason: 'released',
    about: formatIpv4(address),
    effect: { kind: 'release', address, at: now },
  };
}

/** RFC 2131 §4.3.5. An address outside of our networks would make us answer to anyone on the Internet. */
function decideInform(context: DhcpContext): DhcpDecision {
  const { request, network } = context;
  if (request.ciaddr === UNSPECIFIED_IPV4) return ignore('malformed');
  if (!subnetContains(network.subnet, request.ciaddr)) {
    return { kind: 'ignore', reason: 'no-subnet', about: formatIpv4(request.ciaddr) };
  }
  return { kind: 'reply', reply: informReply(context, bootAnswerFor(context, false)) };
}

function ignore(reason: IgnoreReason): DhcpDecision {
  return { kind: 'ignore', reason };
}

/**
 * A proxyDHCP server (PXE 2.1 §2.2): boot answers only, beside the server that leases the addresses. On port 67 it
 * answers DISCOVER with an OFFER, on 4011 a REQUEST (or an INFORM) with an ACK.
 */
export function decideProxy(context: DhcpContext, type: number, port: ListeningPort): DhcpDecision {
  const { client, request, key, now } = context;
  if (client.kind === 'plain') return { kind: 'ignore', reason: 'not-a-pxe-client' };
  const isDiscover = type === messageTypes.discover;
  const isAsking = port === 'proxy' && (type === messageTypes.request || type === messageTypes.inform);
  if (!isDiscover && !isAsking) return { kind: 'ignore', reason: 'other-server' };

  const boot = bootAnswerFor(context, isSecondExchange(context));
  if (boot.kind === 'none') return { kind: 'ignore', reason: 'nothing-to-boot', ...unserved(context, boot) };
  const isChain = client.kind === 'ipxe' && boot.kind === 'tftp';
  return {
    kind: 'reply',
    boots: describeBoot(boot),
    ...(isChain && {
      effect: { kind: 'chain', key, chain: { xid: request.xid, until: now + CHAIN_MILLISECONDS } },
    }),
    reply: proxyReply(context, isDiscover ? messageTypes.offer : messageTypes.ack, port, boot),
  };
}

/** The first was that of the iPXE which fetched ours. */
function isSecondExchange({ leases, key, now, request }: DhcpContext): boolean {
  const chain = leases.chainOf(key);
  return chain !== undefined && chain.until > now && chain.xid !== request.xid;
}
