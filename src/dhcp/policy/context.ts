import { hasOwnMac, type Lease } from '../lease.js';
import type { DhcpDecision, IgnoreReason } from '../decision.js';
import type { LeaseView } from '../lease-table.js';
import { readOption, type DhcpMessage } from '../message.js';
import { messageTypes, options } from '../options.js';
import { formatIpv4, isHostAddress, rangeContains, subnetContains, type Ipv4 } from '../../net/ipv4.js';
import { macFromBytes, type MacAddress } from '../../net/mac-address.js';
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

/** Undefined reason: the client is welcome. */
export function accessRefusal(
  prepared: PreparedSettings,
  mac: MacAddress | undefined,
): IgnoreReason | undefined {
  const { allowed, denied } = prepared;
  if (mac !== undefined && denied.has(mac)) return 'denied';
  if (allowed !== undefined && (mac === undefined || !allowed.has(mac))) return 'denied';
  return undefined;
}

/** Undefined where no network of the settings is meant. */
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
  // Who boots beside another server may be on networks that only that one knows.
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
  const byHost = host?.leaseFixedAddress ?? prepared.settings.leaseFixedAddresses;
  return usable(context, reservation?.address ?? (byHost ? host?.address : undefined));
}

/** The fixed address of a known host that no pool has one for: nobody else can have it, so it is always there for it. */
export function lastResortAddress(context: DhcpContext): Ipv4 | undefined {
  return usable(context, context.host?.address);
}

/**
 * Whether nobody else could get the address even if all leases were forgotten: no pool gives what is in `hostRange` or
 * reserved, the store gives an address to one host, the configuration one to one reservation. A client identifier is no
 * proof: those who have the same are told apart by the lease alone.
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
  const machine = Buffer.from(request.chaddr)
    .toString('hex')
    .replace(/(..)(?!$)/g, '$1:');
  return { unserved: { machine, codes: client.codes, architecture: client.architecture } };
}

export function isChained({ now }: DhcpContext, lease: Lease | undefined): boolean {
  return lease !== undefined && lease.chainedUntil > now;
}

/** Not one that a stranger was found on, nor one that somebody got before it was reserved, as long as he has it. */
function usable(context: DhcpContext, address: Ipv4 | undefined): Ipv4 | undefined {
  if (address === undefined || !isHostAddress(context.network.subnet, address)) return undefined;
  const lease = context.leases.at(address);
  if (lease === undefined || lease.expiresAt <= context.now) return address;
  const isOwn = lease.key === context.key || (lease.mac !== undefined && lease.mac === context.mac);
  return lease.state !== 'declined' && isOwn ? address : undefined;
}

/**
 * RFC 2131 §4.3.1: the relay's network, else the one that the client is on. RFC 3527 and RFC 3011 let a relay or a
 * client name another; a client that renews from behind a router has only its own address to show.
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

/** Whether it uses the address that it shows. One that looks for an address, or chooses one, shows what it had. */
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
