import type { DhcpDecision } from '../decision.js';
import type { Lease } from '../lease.js';
import { readOption } from '../message.js';
import { messageTypes } from '../message-types.js';
import { options } from '../options.js';
import { formatIpv4, UNSPECIFIED_IPV4, type Ipv4 } from '../../net/ipv4.js';
import { isHostAddress } from '../../net/subnet.js';
import { describeBoot } from '../../boot/boot-file.js';
import {
  bootAnswerFor,
  fixedAddress,
  isChained,
  isKnown,
  lastResortAddress,
  type DhcpContext,
} from './context.js';
import { grantOf, isRelayPortFull, leaseSecondsFor, promisableUntil } from './grant.js';
import { leaseReply, nakReply } from './reply.js';

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
