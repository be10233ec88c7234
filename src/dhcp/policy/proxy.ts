import type { DhcpDecision, ListeningPort } from '../decision.js';
import { messageTypes } from '../options.js';
import { describeBoot } from '../../boot/boot-file.js';
import { bootAnswerFor, unserved, type DhcpContext } from './context.js';
import { CHAIN_MILLISECONDS } from './lease-exchange.js';
import { proxyReply } from './reply.js';

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
