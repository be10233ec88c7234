import { cleanText } from '../errors.js';
import type { LeaseGrant } from '../dhcp/lease-effect.js';
import { readOption } from '../dhcp/message.js';
import { options } from '../dhcp/options.js';
import type { Ipv4 } from '../net/ipv4.js';
import type { BootAnswer } from './boot-file.js';
import { isKnown, type DhcpContext } from './dhcp-context.js';

/** What a client asks for is not followed below this, in seconds: else it does nothing but renew. */
const LEAST_LEASE_SECONDS = 60;
/** How long a machine may take from our iPXE's file to its first DISCOVER, in milliseconds. */
export const CHAIN_MILLISECONDS = 120_000;

/** What the client wants, within what the network allows: 0xffffffff ("for ever") is nothing special. */
export function leaseSecondsFor(context: DhcpContext): number {
  const longest = context.network.leaseSeconds;
  const wanted = readOption(context.request, options.leaseSeconds) ?? longest;
  return Math.min(Math.max(wanted, LEAST_LEASE_SECONDS), longest);
}

export function grantOf(context: DhcpContext, address: Ipv4, seconds: number, boot: BootAnswer): LeaseGrant {
  const { request, leases, now, client, network } = context;
  const name = request.options.has(options.hostName.code) ? readOption(request, options.hostName) : undefined;
  const isChained = client.kind === 'ipxe' && boot.kind === 'tftp';
  return {
    address,
    key: context.key,
    expiresAt: now + seconds * 1000,
    mac: context.mac,
    hostname: name === undefined ? '' : cleanText(name),
    relayPort: context.relayPort,
    chainedUntil: isChained ? now + CHAIN_MILLISECONDS : (leases.at(address)?.chainedUntil ?? 0),
    // A client that renews was content.
    declines: request.ciaddr === 0 ? (leases.find(network.subnet.network, context.key)?.declines ?? 0) : 0,
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
