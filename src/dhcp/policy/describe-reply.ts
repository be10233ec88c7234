import { decodeMessage, readOption, type DhcpMessage } from '../message.js';
import { encodeReply, LONGEST_REPLY, type DhcpReply } from '../encode-reply.js';
import { messageTypeName } from '../message-types.js';
import { END, options, PAD } from '../options.js';
import { replyDestination, standardPorts } from '../reply-destination.js';
import { formatIpv4, LIMITED_BROADCAST, UNSPECIFIED_IPV4, type Ipv4 } from '../../net/ipv4.js';

/** A reply as its client reads it off the wire. */
export function received(reply: DhcpReply): DhcpMessage {
  return decodeMessage(encodeReply(reply, Buffer.alloc(LONGEST_REPLY)));
}

/** What the client is told to boot; empty for nothing. Option 67 comes before the fixed field. */
export function bootFileOf(message: DhcpMessage): string {
  return readOption(message, options.bootFileName) ?? message.file;
}

/** A client without an address. */
const NOBODY = { address: UNSPECIFIED_IPV4, port: standardPorts.client };

/** Where the reply goes, its fixed fields, and each option, a line each. */
export function describeReply(reply: DhcpReply): string[] {
  const message = received(reply);
  const { address, port } = replyDestination(reply, standardPorts, NOBODY);
  const to = address === LIMITED_BROADCAST ? 'everyone' : formatIpv4(address);
  return [
    `${messageTypeName(reply.type).toUpperCase()} to ${to}, port ${port}`,
    ...addressLine('your address', message.yiaddr),
    ...addressLine('next-server', message.siaddr),
    ...(message.file === '' ? [] : [`file ${message.file}`]),
    ...[...message.options].flatMap(([code, value]) => optionLine(code, value)),
  ];
}

function addressLine(name: string, address: Ipv4): string[] {
  return address === UNSPECIFIED_IPV4 ? [] : [`${name} ${formatIpv4(address)}`];
}

function optionLine(code: number, value: Uint8Array): string[] {
  if (code === PAD || code === END || code === options.messageType.code) return [];
  const name = names.get(code);
  return [`option ${code}${name === undefined ? '' : ` (${name})`}: ${shown(code, value)}`];
}

const names: ReadonlyMap<number, string> = new Map(
  Object.entries(options).map(([name, { code }]) => [
    code,
    name.replace(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`),
  ]),
);

function shown(code: number, value: Uint8Array): string {
  for (const type of [options.routers, options.dnsServers, options.ntpServers]) {
    if (type.code === code) return type.read(value).map(formatIpv4).join(' ');
  }
  for (const type of [options.subnetMask, options.broadcastAddress, options.serverIdentifier]) {
    if (type.code === code) return formatIpv4(type.read(value));
  }
  for (const type of [options.leaseSeconds, options.renewalSeconds, options.rebindingSeconds]) {
    if (type.code === code) return `${type.read(value)} s`;
  }
  const text = Buffer.from(value).toString('latin1');
  return /^[\x20-\x7e]+$/.test(text) ? text : `0x${Buffer.from(value).toString('hex')}`;
}
