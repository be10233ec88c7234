import { LIMITED_BROADCAST, UNSPECIFIED_IPV4, type Endpoint, type Ipv4 } from '../net/ipv4.js';
import type { DhcpReply } from './encode-reply.js';
import { BROADCAST_FLAG } from './message.js';
import { messageTypes } from './message-types.js';

/** 67 and 68, except in tests, which have no right to them. */
export interface DhcpPorts {
  readonly server: number;
  readonly client: number;
}

export const standardPorts: DhcpPorts = { server: 67, client: 68 };

/**
 * Where a reply goes. RFC 2131 §4.1: to the relay (RFC 8357: at the port that it sends from), else to the address the client uses already, else to everyone: a
 * client that asked for unicast has no address yet, and a UDP socket cannot be told its MAC. An ACK to an INFORM goes
 * to the client itself even through a relay (§4.3.5): it is the one that has no `yiaddr`.
 */
export function replyDestination(reply: DhcpReply, ports: DhcpPorts, sender: Endpoint): Endpoint {
  if (reply.returnTo === 'sender') {
    return sender.address === UNSPECIFIED_IPV4 ? { ...sender, address: LIMITED_BROADCAST } : sender;
  }
  const informed = reply.type === messageTypes.ack && reply.yiaddr === 0 && reply.ciaddr !== 0;
  if (reply.giaddr !== 0 && !informed) {
    const port = reply.returnTo === 'relay-source-port' ? sender.port : ports.server;
    return { address: reply.giaddr, port };
  }
  if (reply.ciaddr !== 0 && reply.type !== messageTypes.nak)
    return { address: reply.ciaddr, port: ports.client };
  return { address: LIMITED_BROADCAST, port: ports.client };
}

/** RFC 2131 §4.3.2: a relay must broadcast a NAK, since the client may have no usable address. */
export function nakFlags(flags: number, giaddr: Ipv4): number {
  return giaddr === 0 ? flags : flags | BROADCAST_FLAG;
}
