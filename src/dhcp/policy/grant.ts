import { cleanText } from '../../errors.js';
import type { LeaseGrant } from '../lease-effect.js';
import { readOption } from '../message.js';
import { options } from '../options.js';
import type { Ipv4 } from '../../net/ipv4.js';
import type { BootAnswer } from '../../boot/boot-file.js';
import { isForThisClientAlone, isKnown, type DhcpContext } from './context.js';

/** What a client asks for is not followed below this, in seconds: else it does nothing but renew. */
const LEAST_LEASE_SECONDS = 60;
/** Less than this, in seconds, is not told of what is left of a lease: the configuration allows no shorter one either. */
const LEAST_REMAINDER_SECONDS = 30;
/** How long a machine may take from our iPXE's file to its first DISCOVER, in milliseconds. */
export const CHAIN_MILLISECONDS = 120_000;

/**
 * Until when the client can be promised an address, in milliseconds since 1970: for ever as a rule, since a promise is on
 * disk before it is made. While the disk refuses leases only what no crash can undo: an address that nobody else could
 * get, or the rest of a lease that is on disk. Undefined where nothing, or too little, can be promised.
 */
export function promisableUntil(context: DhcpContext, address: Ipv4): number | undefined {
  const { leases, key, now } = context;
  if (leases.onDiskUntil === undefined || isForThisClientAlone(context, address)) return Infinity;
  const lease = leases.at(address);
  if (lease?.key !== key) return undefined;
  const until = leases.onDiskUntil(lease);
  return until - now < LEAST_REMAINDER_SECONDS * 1000 ? undefined : until;
}

/** What the client wants, within what the network and `until` allow: 0xffffffff ("for ever") is nothing special. */
export function leaseSecondsFor(context: DhcpContext, until: number): number {
  const longest = Math.min(context.network.leaseSeconds, Math.floor((until - context.now) / 1000));
  const wanted = readOption(context.request, options.leaseSeconds) ?? longest;
  return Math.min(Math.max(wanted, LEAST_LEASE_SECONDS), longest);
}

export function grantOf(
  context: DhcpContext,
  address: Ipv4,
  expiresAt: number,
  boot: BootAnswer,
): LeaseGrant {
  const { request, leases, now, client, network } = context;
  const name = request.options.has(options.hostName.code) ? readOption(request, options.hostName) : undefined;
  const isChained = client.kind === 'ipxe' && boot.kind === 'tftp';
  return {
    address,
    key: context.key,
    expiresAt,
    mac: context.mac,
    hostname: name === undefined ? '' : cleanText(name),
    relayPort: context.relayPort,
    chainedUntil: isChained ? now + CHAIN_MILLISECONDS : (leases.at(address)?.chainedUntil ?? 0),
    // A client that renews was content.
    declines:
      request.ciaddr !== address ? (leases.find(network.subnet.network, context.key)?.declines ?? 0) : 0,
  };
}

/** Whether the relay's port has as many clients as it may have. Known machines and those that are in already do not count. */
export function isRelayPortFull(context: DhcpContext): boolean {
  const limit = context.prepared.settings.leasesPerRelayPort;
  if (limit === 0 || context.relayPort === '' || isKnown(context)) return false;
  const own = context.leases.find(context.network.subnet.network, context.key);
  if (own !== undefined && own.expiresAt > context.now) return false;
  return context.leases.liveAtPort(context.relayPort, context.now) >= limit;
}
