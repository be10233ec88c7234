import { formatIpv4, LIMITED_BROADCAST, toIpv4, UNSPECIFIED_IPV4, type Ipv4 } from '../../net/ipv4.js';
import type { DhcpDecision } from '../decision.js';
import type { LeaseEffect } from '../lease.js';
import { decodeMessage, readOption, type DhcpMessage } from '../message.js';
import { END, messageTypeName, messageTypes, options, PAD } from '../options.js';
import { encodeReply, LONGEST_REPLY, replyDestination, standardPorts, type DhcpReply } from '../reply.js';
import { explainDhcp } from './explain-dhcp.js';
import { discoverOf, requestOf, type SimulatedClient } from './simulated-client.js';

/** What would be answered to the message now, if what was answered before had come to pass; nothing comes of it. */
export type PreviewDhcp = (request: DhcpMessage, before?: readonly LeaseEffect[]) => DhcpDecision;

/** One DISCOVER and what follows from it. */
export interface DhcpExchange {
  readonly answer: string;
  readonly rule: string;
  /** Each answer, field by field. */
  readonly details: readonly string[];
  /** A file's name, or a URL; empty when nothing is to be booted. */
  readonly boots: string;
  /** Where the file is. */
  readonly nextServer: string;
  readonly address: Ipv4 | undefined;
  /** What the leases would become. */
  readonly effects: readonly LeaseEffect[];
  /** Why the client gets no further. */
  readonly fault?: string | undefined;
}

/**
 * A client gets its address and its boot file: DISCOVER, and where an address was offered REQUEST.
 * @param fixedAddress The address that the host of this client has for its life.
 * @param before What earlier exchanges of the same machine did to the leases.
 */
export function simulateDhcp(
  client: SimulatedClient,
  fixedAddress: Ipv4 | undefined,
  before: readonly LeaseEffect[],
  preview: PreviewDhcp,
): DhcpExchange {
  // Another exchange than those before it.
  const offered = preview({ ...discoverOf(client), xid: before.length }, before);
  const { answer, rule } = explainDhcp(offered, fixedAddress);
  const nothing = {
    answer,
    rule,
    details: [],
    boots: '',
    nextServer: '',
    address: undefined,
    effects: before,
  };
  if (offered.kind === 'ignore') return { ...nothing, fault: `DHCP does not answer: ${rule}` };
  const offer = received(offered.reply);
  const afterOffer = [...before, ...(offered.effect ? [offered.effect] : [])];
  // A proxy gives no address, and its offer is taken as it is.
  const isProxy = offer.yiaddr === UNSPECIFIED_IPV4;
  const decided = isProxy ? offered : preview(requestOf(client, offer), afterOffer);
  const details = describeReply(offered.reply);
  if (decided.kind === 'ignore') {
    const why = explainDhcp(decided, fixedAddress).rule;
    return { ...nothing, details, fault: `DHCP offers an address and does not give it: ${why}` };
  }
  if (!isProxy) details.push(...describeReply(decided.reply));
  if (decided.reply.type === messageTypes.nak) {
    return { ...nothing, details, fault: 'DHCP offers an address and refuses it afterwards' };
  }
  const given = received(decided.reply);
  const boots = bootFileOf(given);
  return {
    answer,
    rule,
    details,
    boots,
    nextServer: formatIpv4(given.siaddr),
    address: isProxy ? undefined : toIpv4(given.yiaddr),
    effects: [...afterOffer, ...(decided.effect ? [decided.effect] : [])],
    fault: boots === '' ? 'DHCP names nothing to boot: there is no loader for its architecture' : undefined,
  };
}

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
