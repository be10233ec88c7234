import { LIMITED_BROADCAST, UNSPECIFIED_IPV4, type Endpoint, type Ipv4 } from '../net/ipv4.js';
import {
  BOOTREPLY,
  BROADCAST_FLAG,
  FILE_LENGTH,
  MAGIC_COOKIE,
  OPTIONS_OFFSET,
  SNAME_LENGTH,
} from './message.js';
import { END, messageTypes, options, PAD } from './options.js';

/** RFC 1542 §2.1: relays and old clients drop what is shorter. */
const LEAST_LENGTH = 300;
/** IP and UDP headers, which option 57 counts. */
const HEADERS = 28;
const LEAST_MAX_MESSAGE = 576;
const ETHERNET_MTU = 1500;
export const LONGEST_REPLY = ETHERNET_MTU - HEADERS;

/** What a server sends, with options already encoded. A boot file that does not fit its field belongs into option 67. */
export interface DhcpReply {
  /** The value of option 53. */
  readonly type: number;
  readonly htype: number;
  readonly chaddr: Uint8Array;
  readonly xid: number;
  readonly flags: number;
  readonly ciaddr: Ipv4;
  readonly yiaddr: Ipv4;
  readonly siaddr: Ipv4;
  readonly giaddr: Ipv4;
  readonly sname: string;
  readonly file: string;
  /** Encoded options, one or more per element, the most important first: those that do not fit are left out. */
  readonly options: readonly Uint8Array[];
  /** Option 82 as it came, to be echoed last (RFC 3046 §2.2). */
  readonly relayAgent: Uint8Array | undefined;
  /**
   * sender: back where the datagram came from, as EDK2 wants it on port 4011, where it listens itself · relay-source-port:
   * to the relay, at the port it sent from (RFC 8357) · client: as RFC 2131 §4.1 says.
   */
  readonly returnTo: 'client' | 'relay-source-port' | 'sender';
  /** The bound of the whole message in bytes, from `replyBound`. */
  readonly maxLength: number;
}

/** How long a reply may be, in bytes, given the client's option 57. RFC 2132 §9.10: less than 576 cannot be asked for. */
export function replyBound(maxMessageSize: number | undefined): number {
  const asked = Math.min(Math.max(maxMessageSize ?? 0, LEAST_MAX_MESSAGE), ETHERNET_MTU);
  return asked - HEADERS;
}

/** Whether a name fits the fixed field, with its final NUL. */
export function fitsFileField(file: string): boolean {
  return file.length < FILE_LENGTH;
}

/**
 * The message as it goes on the wire: padded to 300 bytes, never overloaded, option 82 last.
 * @param out of LONGEST_REPLY bytes; the result is a part of it.
 */
export function encodeReply(reply: DhcpReply, out: Buffer): Buffer {
  out.fill(0, 0, LEAST_LENGTH);
  out[0] = BOOTREPLY;
  out[1] = reply.htype;
  out[2] = reply.chaddr.length;
  out.writeUInt32BE(reply.xid, 4);
  out.writeUInt16BE(reply.flags, 10);
  out.writeUInt32BE(reply.ciaddr, 12);
  out.writeUInt32BE(reply.yiaddr, 16);
  out.writeUInt32BE(reply.siaddr, 20);
  out.writeUInt32BE(reply.giaddr, 24);
  out.set(reply.chaddr, 28);
  if (reply.sname !== '') out.write(reply.sname, 44, SNAME_LENGTH - 1, 'latin1');
  if (reply.file !== '') out.write(reply.file, 108, FILE_LENGTH - 1, 'latin1');
  out.writeUInt32BE(MAGIC_COOKIE, 236);
  const end = writeOptions(reply, out, Math.min(reply.maxLength, LONGEST_REPLY));
  return out.subarray(0, Math.max(end, LEAST_LENGTH));
}

/** @returns the offset behind the end option. */
function writeOptions(reply: DhcpReply, out: Buffer, bound: number): number {
  let offset = OPTIONS_OFFSET;
  out[offset] = options.messageType.code;
  out[offset + 1] = 1;
  out[offset + 2] = reply.type;
  offset += 3;
  const relayAgent = reply.relayAgent;
  const limit = bound - 1 - (relayAgent?.length ?? 0);
  for (const block of reply.options) {
    if (offset + block.length <= limit) {
      out.set(block, offset);
      offset += block.length;
    } else {
      offset = writeWhatFits(block, out, offset, limit);
    }
  }
  if (relayAgent !== undefined && offset + relayAgent.length < bound) {
    out.set(relayAgent, offset);
    offset += relayAgent.length;
  }
  out[offset] = END;
  return offset + 1;
}

/** An option is written whole or not at all, all its parts (RFC 3396): half a URL boots nothing, half an id is another's. */
function writeWhatFits(block: Uint8Array, out: Buffer, start: number, limit: number): number {
  let offset = start;
  let from = 0;
  while (from < block.length) {
    const length = optionLength(block, from);
    if (offset + length <= limit) {
      out.set(block.subarray(from, from + length), offset);
      offset += length;
    }
    from += length;
  }
  return offset;
}

/** In bytes, with the further parts of the same option that follow at once. */
function optionLength(block: Uint8Array, start: number): number {
  const code = block[start];
  if (code === PAD) return 1;
  let end = start;
  while (end < block.length && block[end] === code) end += 2 + (block[end + 1] ?? 0);
  return end - start;
}

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
