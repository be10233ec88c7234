import { describeBoot, type BootAnswer } from '../../boot/boot-file.js';
import { cleanText } from '../../errors.js';
import { formatIpv4, formatSubnet, isHostAddress, UNSPECIFIED_IPV4, type Ipv4 } from '../../net/ipv4.js';
import type { DhcpDecision } from '../decision.js';
import type { Candidate } from '../lease-pool.js';
import type { Lease, LeaseGrant } from '../lease.js';
import { readOption } from '../message.js';
import { messageTypes, options } from '../options.js';
import {
  bootAnswerFor,
  fixedAddress,
  isChained,
  isForThisClientAlone,
  isKnown,
  lastResortAddress,
  unserved,
  type DhcpContext,
} from './context.js';
import { leaseReply, nakReply } from './reply.js';

/** RFC 2131 §4.3.1. */
export function decideDiscover(context: DhcpContext): DhcpDecision {
  if (isRelayPortFull(context)) {
    return { kind: 'ignore', reason: 'relay-port-full', about: context.relayPort };
  }
  const chosen = chooseAddress(context);
  if (chosen === undefined) {
    return { kind: 'ignore', reason: 'pool-exhausted', about: formatSubnet(context.network.subnet) };
  }
  const { address, reused } = chosen;
  const until = promisableUntil(context, address);
  // No offer that could not be followed by a lease: another server may have one.
  if (until === undefined) return { kind: 'ignore', reason: 'leases-not-written' };
  const boot = bootAnswerFor(context, isChained(context, context.leases.at(address)));
  const { offerSeconds, probe } = context.prepared.settings;
  // An offer does not say that our iPXE was handed out: only the ACK does.
  // What is left of a lease does not give way to an offer that would end later.
  const heldUntil = Math.min(context.now + offerSeconds * 1000, until - 1);
  const grant = grantOf(context, address, heldUntil, { kind: 'none' });
  return {
    kind: 'reply',
    reply: leaseReply(context, messageTypes.offer, address, leaseSecondsFor(context, until), boot),
    effect: { kind: 'offer', grant },
    boots: describeBoot(boot),
    ...unserved(context, boot),
    ...(reused && probe ? { probe: address } : {}),
  };
}

function chooseAddress(context: DhcpContext): Candidate | undefined {
  const fixed = fixedAddress(context);
  if (fixed !== undefined) return { address: fixed, reused: false };
  const { leases, network, key, now, request } = context;
  const wanted = readOption(request, options.requestedAddress);
  const candidate = leases.candidate(network.subnet.network, key, wanted, now);
  if (candidate !== undefined && promisableUntil(context, candidate.address) !== undefined) return candidate;
  const lastResort = lastResortAddress(context);
  return lastResort === undefined ? candidate : { address: lastResort, reused: false };
}

const DECISIVE: ReadonlySet<string> = new Set(
  [options.requestedAddress, options.serverIdentifier].map(({ code }) => String(code)),
);

/** RFC 2131 §4.3.2: what a REQUEST means follows from which of option 50, option 54 and ciaddr are there. */
export function decideRequest(context: DhcpContext): DhcpDecision {
  const { request } = context;
  const server = readOption(request, options.serverIdentifier);
  const wanted = readOption(request, options.requestedAddress);
  // Without them it would mean something else, and might be answered in another server's place.
  const isUnclear = request.ciaddr === UNSPECIFIED_IPV4 && request.odd.some((option) => DECISIVE.has(option));
  if (isUnclear) return { kind: 'ignore', reason: 'malformed' };
  if (server !== undefined && server !== context.serverId) return decideOtherServer(context);
  // A client that selects may still show the address it had: its choice counts.
  if (server !== undefined && wanted !== undefined) return decideSelection(context, wanted);
  if (request.ciaddr !== UNSPECIFIED_IPV4) return decideRenewal(context, request.ciaddr);
  if (wanted === undefined) return { kind: 'ignore', reason: 'malformed' };
  return decideReboot(context, wanted);
}

/** The client took another server's offer: ours is free again. */
function decideOtherServer(context: DhcpContext): DhcpDecision {
  const offer = ownLease(context);
  if (offer?.state !== 'offered') return { kind: 'ignore', reason: 'other-server' };
  const { address } = offer;
  return { kind: 'ignore', reason: 'other-server', effect: { kind: 'withdraw', address, at: context.now } };
}

/** SELECTING. An offer that a restart has forgotten is honoured as long as the address is free. */
function decideSelection(context: DhcpContext, wanted: Ipv4): DhcpDecision {
  if (isOwn(context, wanted)) return grant(context, wanted);
  if (fixedAddress(context) === undefined && !isRelayPortFull(context) && isFree(context, wanted)) {
    return grant(context, wanted);
  }
  return nak(context, wanted, 'not available');
}

/** INIT-REBOOT. Who is not known gets no answer: another server may know him. */
function decideReboot(context: DhcpContext, wanted: Ipv4): DhcpDecision {
  if (!isHostAddress(context.network.subnet, wanted)) return nak(context, wanted, 'not on this network');
  if (isOwn(context, wanted)) return grant(context, wanted);
  return refuseUnlessUnknown(context, wanted);
}

/** RENEWING and REBINDING. */
function decideRenewal(context: DhcpContext, address: Ipv4): DhcpDecision {
  if (isOwn(context, address)) return grant(context, address);
  if (!isHostAddress(context.network.subnet, address)) return nak(context, address, 'not on this network');
  return refuseUnlessUnknown(context, address);
}

function refuseUnlessUnknown(context: DhcpContext, address: Ipv4): DhcpDecision {
  const hasRecord = ownLease(context) !== undefined || isKnown(context);
  if (!hasRecord && !context.prepared.settings.authoritative)
    return { kind: 'ignore', reason: 'unknown-client' };
  return nak(context, address, 'not yours');
}

function ownLease(context: DhcpContext): Lease | undefined {
  return context.leases.find(context.network.subnet.network, context.key);
}

/** Its fixed address, or the one it has or had: a lease stays its last holder's until somebody else gets the address. */
function isOwn(context: DhcpContext, address: Ipv4): boolean {
  if (address === fixedAddress(context) || address === lastResortAddress(context)) return true;
  if (!isHostAddress(context.network.subnet, address)) return false;
  const lease = context.leases.at(address);
  if (lease?.key !== context.key || lease.state === 'declined') return false;
  const isLive = lease.expiresAt > context.now;
  return isLive || (fixedAddress(context) === undefined && isFree(context, address));
}

function isFree(context: DhcpContext, address: Ipv4): boolean {
  const { leases, network, key, now } = context;
  return leases.candidate(network.subnet.network, key, address, now)?.address === address;
}

function grant(context: DhcpContext, address: Ipv4): DhcpDecision {
  const until = promisableUntil(context, address);
  if (until === undefined) return { kind: 'ignore', reason: 'leases-not-written' };
  const boot = bootAnswerFor(context, isChained(context, context.leases.at(address)));
  const seconds = leaseSecondsFor(context, until);
  // A client that asks for less than the rest of its lease has not given the rest back.
  const expiresAt = until === Infinity ? context.now + seconds * 1000 : until;
  return {
    kind: 'reply',
    reply: leaseReply(context, messageTypes.ack, address, seconds, boot),
    effect: {
      kind: 'bind',
      grant: grantOf(context, address, expiresAt, boot),
      atOnce: context.leases.onDiskUntil !== undefined,
    },
    boots: describeBoot(boot),
  };
}

function nak(context: DhcpContext, address: Ipv4, why: string): DhcpDecision {
  return { kind: 'reply', reply: nakReply(context, `${formatIpv4(address)} is ${why}`) };
}

/** What a client asks for is not followed below this, in seconds: else it does nothing but renew. */
const LEAST_LEASE_SECONDS = 60;
/** Less than this, in seconds, is not told of what is left of a lease: the configuration allows no shorter one either. */
const LEAST_REMAINDER_SECONDS = 30;
/** How long a machine may take from our iPXE's file to its first DISCOVER, in milliseconds. */
export const CHAIN_MILLISECONDS = 120_000;

/**
 * Until when the client can be promised an address, in milliseconds since 1970. As a rule that is for ever: a lease is on disk before its
 * client hears of it. While the disk refuses leases, only two promises survive a crash: an address that no other client could get, and the
 * rest of a lease that is on disk. Undefined where there is neither, or less than half a minute of a rest.
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
