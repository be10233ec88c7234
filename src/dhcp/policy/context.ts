import { hasOwnMac, type Lease } from '../lease.js';
import type { DhcpDecision, IgnoreReason } from '../decision.js';
import type { LeaseView } from '../lease-table.js';
import { readOption, type DhcpMessage } from '../message.js';
import { messageTypes, options } from '../options.js';
import { formatIpv4, isHostAddress, rangeContains, subnetContains, type Ipv4 } from '../../net/ipv4.js';
import { hexPairs, macFromBytes, type MacAddress } from '../../net/mac-address.js';
import { bootAnswer, type BootAnswer } from '../../boot/boot-file.js';
import { classifyClient, type BootClient } from '../../boot/classify-client.js';
import { networkFor, type DhcpNetwork } from './network.js';
import type { DhcpSettings, KnownHost, KnownHosts, Reservation } from './settings.js';

/** The settings, prepared for fast lookup. */
export interface PreparedSettings {
  readonly settings: DhcpSettings;
  /** Option 54, encoded. */
  readonly serverIdentifier: Uint8Array;
  readonly networks: readonly DhcpNetwork[];
  readonly hosts: KnownHosts;
  readonly reservationsByMac: ReadonlyMap<MacAddress, Reservation>;
  /** By client identifier in hex. */
  readonly reservationsById: ReadonlyMap<string, Reservation>;
  readonly allowed: ReadonlySet<MacAddress> | undefined;
  readonly denied: ReadonlySet<MacAddress>;
}

/** A request with everything that is known of its sender. */
export interface DhcpContext {
  readonly prepared: PreparedSettings;
  readonly request: DhcpMessage;
  readonly key: string;
  readonly mac: MacAddress | undefined;
  readonly network: DhcpNetwork;
  /** What this server calls itself towards the client: its address, or what the relay overrides it with. */
  readonly serverId: Ipv4;
  readonly relayPort: string;
  readonly client: BootClient;
  readonly host: KnownHost | undefined;
  readonly reservation: Reservation | undefined;
  readonly leases: LeaseView;
  readonly now: number;
}

export function macOf(request: DhcpMessage): MacAddress | undefined {
  return hasOwnMac(request) ? macFromBytes(request.chaddr) : undefined;
}

/** Why a client gets no answer; undefined for one that may have one. */
export function accessRefusal(
  prepared: PreparedSettings,
  mac: MacAddress | undefined,
): IgnoreReason | undefined {
  const { allowed, denied } = prepared;
  if (mac !== undefined && denied.has(mac)) return 'denied';
  if (allowed !== undefined && (mac === undefined || !allowed.has(mac))) return 'denied';
  return undefined;
}

/** What is known of a client. Undefined where its network is none of the settings. */
export function dhcpContext(
  prepared: PreparedSettings,
  request: DhcpMessage,
  key: string,
  mac: MacAddress | undefined,
  leases: LeaseView,
  now: number,
): DhcpContext | undefined {
  const { relay } = request;
  const isProxy = prepared.settings.mode === 'proxy';
  // The other server may know networks that these settings do not: a proxy takes their clients for its own network's.
  const network = networkOf(prepared, request) ?? (isProxy ? ownNetwork(prepared) : undefined);
  if (network === undefined) return undefined;
  const client = classifyClient(request);
  return {
    prepared,
    request,
    key,
    mac,
    network: network.conditional === undefined ? network : networkFor(network, { request, client, mac }),
    serverId: relay?.serverOverride ?? prepared.settings.serverAddress,
    relayPort: relay === undefined || relay.port === '' ? '' : `${formatIpv4(request.giaddr)}/${relay.port}`,
    client,
    host: mac === undefined ? undefined : prepared.hosts.byMac(mac),
    reservation: reservationOf(prepared, request, mac),
    leases,
    now,
  };
}

/** The fixed address that this client is to get, if it has one and may have it by DHCP. */
export function fixedAddress(context: DhcpContext): Ipv4 | undefined {
  const { host, reservation, prepared } = context;
  const ofHost = prepared.settings.leaseFixedAddresses ? host?.address : undefined;
  return usable(context, reservation?.address ?? ofHost);
}

/** The fixed address of a known host, for when its pool has none left. It is the host's for life: no other client has it. */
export function lastResortAddress(context: DhcpContext): Ipv4 | undefined {
  return usable(context, context.host?.address);
}

/**
 * Whether no other client could get the address even if all leases were lost. A pool gives no address of `hostRange` and none that is
 * reserved. The store gives an address to one host, the configuration to one reservation. A reservation by client identifier does not
 * count: two clients may send the same identifier, and only their leases tell them apart.
 */
export function isForThisClientAlone(context: DhcpContext, address: Ipv4): boolean {
  const { host, reservation, mac, prepared } = context;
  const { hostRange } = prepared.settings;
  if (hostRange !== undefined && rangeContains(hostRange, address)) return host?.address === address;
  if (reservation?.address !== address || reservation.clientId !== undefined) return false;
  return mac !== undefined && reservation.mac === mac;
}

export function isKnown(context: DhcpContext): boolean {
  return context.host !== undefined || context.reservation !== undefined;
}

/** @param chained Our own iPXE was given to this client a moment ago. */
export function bootAnswerFor(
  { client, prepared, host, reservation }: DhcpContext,
  chained: boolean,
): BootAnswer {
  return bootAnswer(client, prepared.settings.boot, {
    tables: host?.loaders ?? [],
    loader: reservation?.loader,
    chained,
  });
}

/** Set where the client wants to boot and there is no program for it. */
export function unserved(
  { client, request }: DhcpContext,
  boot: BootAnswer,
): Pick<DhcpDecision, 'unserved'> | undefined {
  if (boot.kind !== 'none' || client.kind === 'plain') return undefined;
  return {
    unserved: { machine: hexPairs(request.chaddr), codes: client.codes, architecture: client.architecture },
  };
}

export function isChained({ now }: DhcpContext, lease: Lease | undefined): boolean {
  return lease !== undefined && lease.chainedUntil > now;
}

/** An address cannot be used while it is declined, nor while another client has a lease on it, as from before it was reserved. */
function usable(context: DhcpContext, address: Ipv4 | undefined): Ipv4 | undefined {
  if (address === undefined || !isHostAddress(context.network.subnet, address)) return undefined;
  const lease = context.leases.at(address);
  if (lease === undefined || lease.expiresAt <= context.now) return address;
  const isOwn = lease.key === context.key || (lease.mac !== undefined && lease.mac === context.mac);
  return lease.state !== 'declined' && isOwn ? address : undefined;
}

/**
 * The client's network: that of its relay, else the server's own (RFC 2131 §4.3.1). A relay may name another (RFC 3527), and so may a client
 * (RFC 3011). A client that renews through a router is on the network of the address that it shows.
 */
function networkOf(prepared: PreparedSettings, request: DhcpMessage): DhcpNetwork | undefined {
  const named = request.relay?.linkSelection ?? readOption(request, options.subnetSelection);
  if (named !== undefined) return networkWith(prepared, named);
  if (request.giaddr !== 0) return networkWith(prepared, request.giaddr);
  const own = ownNetwork(prepared);
  return hasAddress(request) ? (networkWith(prepared, request.ciaddr) ?? own) : own;
}

function ownNetwork(prepared: PreparedSettings): DhcpNetwork | undefined {
  return networkWith(prepared, prepared.settings.serverAddress);
}

/** Whether the client uses the address in `ciaddr`. In a DISCOVER, and beside option 50, it is one that it had before. */
function hasAddress({ ciaddr, options: found }: DhcpMessage): boolean {
  if (ciaddr === 0 || found.has(options.requestedAddress.code)) return false;
  return found.get(options.messageType.code)?.[0] !== messageTypes.discover;
}

function networkWith(prepared: PreparedSettings, address: Ipv4): DhcpNetwork | undefined {
  for (const network of prepared.networks) if (subnetContains(network.subnet, address)) return network;
  return undefined;
}

function reservationOf(
  prepared: PreparedSettings,
  request: DhcpMessage,
  mac: MacAddress | undefined,
): Reservation | undefined {
  const byMac = mac === undefined ? undefined : prepared.reservationsByMac.get(mac);
  if (byMac !== undefined || prepared.reservationsById.size === 0) return byMac;
  const identifier = request.options.get(options.clientIdentifier.code);
  return identifier && prepared.reservationsById.get(Buffer.from(identifier).toString('hex'));
}
