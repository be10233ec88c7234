import type { DhcpDecision } from '../decision.js';
import type { Candidate } from '../lease-pool.js';
import { readOption } from '../message.js';
import { messageTypes } from '../message-types.js';
import { options } from '../options.js';
import { formatSubnet } from '../../net/subnet.js';
import {
  bootAnswerFor,
  fixedAddress,
  isChained,
  lastResortAddress,
  unserved,
  type DhcpContext,
} from './context.js';
import { grantOf, isRelayPortFull, leaseSecondsFor, promisableUntil } from './grant.js';
import { leaseReply } from './reply.js';
import { describeBoot } from '../../boot/boot-file.js';

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
