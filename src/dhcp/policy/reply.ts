import type { BootAnswer, BootSettings } from '../../boot/boot-file.js';
import type { BootClient } from '../../boot/classify-client.js';
import { formatIpv4, UNSPECIFIED_IPV4, type Ipv4 } from '../../net/ipv4.js';
import type { ListeningPort } from '../decision.js';
import { readOption, type DhcpMessage } from '../message.js';
import { encodeOption, encodeRawOption, messageTypes, options, PAD } from '../options.js';
import { fitsFileField, nakFlags, replyBound, type DhcpReply } from '../reply.js';
import type { DhcpContext } from './context.js';
import { leaseTimes } from './network.js';

const PXE_CLIENT = encodeOption(options.vendorClass, 'PXEClient');
/** PXE 2.1 §2.2: PXE_DISCOVERY_CONTROL = 8, take the boot file of this very answer instead of looking for a server. */
const USE_THIS_BOOT_FILE = encodeOption(options.vendorInformation, Uint8Array.of(6, 1, 8, 255));
const NO_FILE = { siaddr: UNSPECIFIED_IPV4, sname: '', file: '' };

/** An OFFER, or an ACK that gives an address. */
export function leaseReply(
  context: DhcpContext,
  type: number,
  address: Ipv4,
  leaseSeconds: number,
  boot: BootAnswer,
): DhcpReply {
  const { request } = context;
  // One that selects another address than it shows cannot be reached at either yet.
  const isRenewal = type === messageTypes.ack && request.ciaddr === address;
  return configurationReply(context, type, boot, {
    ciaddr: isRenewal ? request.ciaddr : UNSPECIFIED_IPV4,
    yiaddr: address,
    times: timesOf(context, leaseSeconds),
  });
}

/** RFC 2131 §4.3.5: no address is given and no time promised. */
export function informReply(context: DhcpContext, boot: BootAnswer): DhcpReply {
  return configurationReply(context, messageTypes.ack, boot, {
    ciaddr: context.request.ciaddr,
    yiaddr: UNSPECIFIED_IPV4,
    times: undefined,
  });
}

/** @param message what the client may show to its user. */
export function nakReply(context: DhcpContext, message: string): DhcpReply {
  const { request } = context;
  const blocks = [
    encodeOption(options.serverIdentifier, context.serverId),
    encodeOption(options.message, message),
  ];
  echo(context, options.clientIdentifier.code, blocks);
  return {
    ...replyTo(context, messageTypes.nak, NO_FILE, blocks),
    flags: nakFlags(request.flags, request.giaddr),
  };
}

/** Boot answers beside the server that leases addresses. On port 4011 the firmware listens where it sent from. */
export function proxyReply(
  context: DhcpContext,
  type: number,
  port: ListeningPort,
  boot: BootAnswer,
): DhcpReply {
  const { client, request, prepared } = context;
  // What spares iPXE the wait for a proxy is of no use in what the proxy says.
  const fields = bootFields(boot, { ...client, kind: 'pxe' }, request, prepared.settings.boot);
  const blocks = [prepared.serverIdentifier];
  if (client.kind !== 'http') {
    const { vendor } = context.network;
    blocks.push(vendor?.class ?? PXE_CLIENT, vendor?.information ?? USE_THIS_BOOT_FILE);
  }
  echo(context, options.clientMachine.code, blocks);
  echo(context, options.clientIdentifier.code, blocks);
  blocks.push(...fields.options);
  return {
    ...replyTo(context, type, fields, blocks),
    ciaddr: type === messageTypes.offer ? UNSPECIFIED_IPV4 : request.ciaddr,
    returnTo: port === 'proxy' ? 'sender' : returnTo(context),
  };
}

interface Given {
  readonly ciaddr: Ipv4;
  readonly yiaddr: Ipv4;
  readonly times: Uint8Array | undefined;
}

/** The hottest function of the server: it writes out what a spread of objects would say shorter, at a third of the time. */
function configurationReply(context: DhcpContext, type: number, boot: BootAnswer, given: Given): DhcpReply {
  const { network, request, prepared } = context;
  const fields = bootFields(boot, context.client, request, prepared.settings.boot);
  const blocks = [serverIdentifier(context)];
  if (given.times !== undefined) blocks.push(given.times);
  // Where space is short the last are left out: without these first ones nobody gets as far as a boot file.
  blocks.push(network.essentials);
  echo(context, options.clientMachine.code, blocks);
  echo(context, options.clientIdentifier.code, blocks);
  // UEFI HTTP boot gets the class that it needs with its URL.
  const vendorClass = network.vendor?.class;
  if (vendorClass !== undefined && boot.kind !== 'http') blocks.push(vendorClass);
  for (const block of fields.options) blocks.push(block);
  blocks.push(network.options);
  const hostname = context.reservation?.hostname ?? context.host?.hostname;
  if (hostname !== undefined) blocks.push(encodeOption(options.hostName, hostname));
  const reply = replyTo(context, type, fields, blocks);
  reply.ciaddr = given.ciaddr;
  reply.yiaddr = given.yiaddr;
  return reply;
}

type Mutable<T> = { -readonly [K in keyof T]: T[K] };

/** What every answer has of its request; addresses come later. */
function replyTo(
  context: DhcpContext,
  type: number,
  { siaddr, sname, file }: Omit<BootFields, 'options'>,
  blocks: readonly Uint8Array[],
): Mutable<DhcpReply> {
  const { request } = context;
  return {
    type,
    htype: request.htype,
    chaddr: request.chaddr,
    xid: request.xid,
    flags: request.flags,
    ciaddr: UNSPECIFIED_IPV4,
    yiaddr: UNSPECIFIED_IPV4,
    siaddr,
    giaddr: request.giaddr,
    sname,
    file,
    options: blocks,
    relayAgent: relayAgentOf(context),
    returnTo: returnTo(context),
    maxLength: replyBound(readOption(request, options.maxMessageSize)),
  };
}

function returnTo({ request }: DhcpContext): DhcpReply['returnTo'] {
  return request.relay?.answerToSourcePort === true ? 'relay-source-port' : 'client';
}

function serverIdentifier(context: DhcpContext): Uint8Array {
  const { serverId, prepared } = context;
  return serverId === prepared.settings.serverAddress
    ? prepared.serverIdentifier
    : encodeOption(options.serverIdentifier, serverId);
}

function timesOf(context: DhcpContext, seconds: number): Uint8Array {
  const { network } = context;
  return seconds === network.leaseSeconds ? network.times : leaseTimes(seconds);
}

function relayAgentOf(context: DhcpContext): Uint8Array | undefined {
  const value = context.request.options.get(options.relayAgentInformation.code);
  return value && encodeRawOption(options.relayAgentInformation.code, value);
}

/** RFC 4578 §2.3 for 97, RFC 6842 §3 for 61: as it came. */
function echo(context: DhcpContext, code: number, blocks: Uint8Array[]): void {
  const value = context.request.options.get(code);
  if (value !== undefined) blocks.push(encodeRawOption(code, value));
}

/** Option 175, sub-option 176 = 1: iPXE does not wait two seconds for a proxyDHCP server (ipxe.org, `no-pxedhcp`). */
const NO_PROXY_DHCP = encodeOption(options.ipxe, Uint8Array.of(176, 1, 1));

const HTTP_CLIENT = encodeOption(options.vendorClass, 'HTTPClient');

/** What a boot answer is in a reply: the fixed fields that old firmware reads, and the options that others want. */
export interface BootFields {
  readonly siaddr: Ipv4;
  readonly sname: string;
  readonly file: string;
  readonly options: readonly Uint8Array[];
}

const NOTHING: BootFields = { siaddr: UNSPECIFIED_IPV4, sname: '', file: '', options: [] };

export function bootFields(
  answer: BootAnswer,
  client: BootClient,
  request: DhcpMessage,
  settings: BootSettings,
): BootFields {
  const accelerations = client.kind === 'ipxe' ? [NO_PROXY_DHCP] : [];
  switch (answer.kind) {
    case 'none':
      return client.kind === 'ipxe' ? { ...NOTHING, options: accelerations } : NOTHING;
    case 'script':
      return byUrl(answer.url, settings, accelerations, []);
    case 'http':
      // OVMF's HTTP boot takes no notice of an answer without this vendor class.
      return byUrl(answer.url, settings, [], [HTTP_CLIENT]);
    case 'tftp':
      break;
  }
  return byTftp(answer.file, request, settings, accelerations);
}

function byUrl(
  url: string,
  settings: BootSettings,
  further: readonly Uint8Array[],
  first: readonly Uint8Array[],
): BootFields {
  return {
    siaddr: settings.tftpServer,
    sname: '',
    file: fitsFileField(url) ? url : '',
    options: [...first, bootFileOption(url), ...further],
  };
}

/** Options 66 and 67 go to those that ask for them: some ROMs take their mere presence for an overloaded header. */
function byTftp(
  file: string,
  request: DhcpMessage,
  settings: BootSettings,
  further: readonly Uint8Array[],
): BootFields {
  const wanted = request.options.get(options.parameterRequestList.code);
  const server = formatIpv4(settings.tftpServer);
  const blocks: Uint8Array[] = [];
  if (wanted?.includes(options.bootFileName.code) || !fitsFileField(file)) blocks.push(bootFileOption(file));
  if (wanted?.includes(options.tftpServerName.code)) {
    blocks.push(encodeOption(options.tftpServerName, server));
  }
  blocks.push(...further);
  return {
    siaddr: settings.tftpServer,
    sname: server,
    file: fitsFileField(file) ? file : '',
    options: blocks,
  };
}

/**
 * With a pad behind it. EDK2 ends the name with a NUL of its own, in the byte behind the option, which was the code of
 * the next one: it then found no subnet mask, and declined its address (seen with OVMF 2022.11).
 */
function bootFileOption(file: string): Uint8Array {
  return Buffer.concat([encodeOption(options.bootFileName, file), Uint8Array.of(PAD)]);
}
