import type { Chain } from '../dhcp/chain-memory.js';
import type { ClientKey } from '../dhcp/client-key.js';
import type { DhcpDecision, ListeningPort } from '../dhcp/decision.js';
import { replyBound } from '../dhcp/encode-reply.js';
import { readOption, type DhcpMessage } from '../dhcp/message.js';
import { messageTypes } from '../dhcp/message-types.js';
import { encodeOption, encodeRawOption, options } from '../dhcp/options.js';
import { UNSPECIFIED_IPV4 } from '../net/ipv4.js';
import { bootAnswer, describeBoot } from './boot-file.js';
import { classifyClient } from './classify-client.js';
import { bootFields } from './dhcp-boot-fields.js';
import { macOf, type PreparedSettings } from './dhcp-context.js';
import { CHAIN_MILLISECONDS } from './dhcp-grant.js';

/** PXE 2.1 §2.2: PXE_DISCOVERY_CONTROL = 8, take the boot file of this very answer instead of looking for a server. */
const USE_THIS_BOOT_FILE = encodeOption(options.vendorInformation, Uint8Array.of(6, 1, 8, 255));

/** What is known of the one who asks. */
export interface ProxyClient {
  readonly key: ClientKey;
  readonly chain: Chain | undefined;
  /** Milliseconds since 1970. */
  readonly now: number;
}

/**
 * A proxyDHCP server (PXE 2.1 §2.2): boot answers only, beside the server that leases the addresses. On port 67 it
 * answers DISCOVER with an OFFER, on 4011 a REQUEST (or an INFORM) with an ACK.
 */
export function decideProxy(
  prepared: PreparedSettings,
  request: DhcpMessage,
  type: number,
  port: ListeningPort,
  { key, chain, now }: ProxyClient,
): DhcpDecision {
  const { settings, hosts, reservationsByMac } = prepared;
  const client = classifyClient(request);
  if (client.kind === 'plain') return { kind: 'ignore', reason: 'not-a-pxe-client' };
  const isDiscover = type === messageTypes.discover;
  const isAsking = port === 'proxy' && (type === messageTypes.request || type === messageTypes.inform);
  if (!isDiscover && !isAsking) return { kind: 'ignore', reason: 'other-server' };

  const mac = macOf(request);
  const host = mac === undefined ? undefined : hosts.byMac(mac);
  const boot = bootAnswer(client, settings.boot, {
    tables: host?.loaders ?? [],
    loader: mac === undefined ? undefined : reservationsByMac.get(mac)?.loader,
    // Its second exchange: the first was that of the iPXE which fetched ours.
    chained: chain !== undefined && chain.until > now && chain.xid !== request.xid,
  });
  if (boot.kind === 'none') return { kind: 'ignore', reason: 'nothing-to-boot' };
  const isChain = client.kind === 'ipxe' && boot.kind === 'tftp';
  const fields = bootFields(boot, { ...client, kind: 'pxe' }, request, settings.boot);
  const vendorBlocks =
    client.kind === 'http' ? [] : [encodeOption(options.vendorClass, 'PXEClient'), USE_THIS_BOOT_FILE];
  const machine = request.options.get(options.clientMachine.code);
  const relayAgent = request.options.get(options.relayAgentInformation.code);
  return {
    kind: 'reply',
    boots: describeBoot(boot),
    ...(isChain && {
      effect: { kind: 'chain', key, chain: { xid: request.xid, until: now + CHAIN_MILLISECONDS } },
    }),
    reply: {
      type: isDiscover ? messageTypes.offer : messageTypes.ack,
      htype: request.htype,
      chaddr: request.chaddr,
      xid: request.xid,
      flags: request.flags,
      ciaddr: isDiscover ? UNSPECIFIED_IPV4 : request.ciaddr,
      yiaddr: UNSPECIFIED_IPV4,
      siaddr: fields.siaddr,
      giaddr: request.giaddr,
      sname: fields.sname,
      file: fields.file,
      options: [
        encodeOption(options.serverIdentifier, settings.serverAddress),
        ...vendorBlocks,
        ...fields.options,
        ...(machine === undefined ? [] : [encodeRawOption(options.clientMachine.code, machine)]),
      ],
      relayAgent: relayAgent && encodeRawOption(options.relayAgentInformation.code, relayAgent),
      maxLength: replyBound(readOption(request, options.maxMessageSize)),
    },
  };
}
