import { isOneMachines, type MacAddress } from '../net/mac-address.js';
import type { DhcpMessage } from './message.js';
import { options } from './options.js';

/** What a lease is bound to: hex text, prefixed with `id-` (client identifier) or `hw-` (hardware type and address). */
export type ClientKey = string;

/**
 * What a client with both is known by. mac: the hardware address · clientId: its option 61, where that has the DUID form of
 * RFC 4361; other forms change between the firmware, the boot loader and the system of one machine.
 */
export type IdentifyBy = 'mac' | 'clientId';

const ID = 'id-';
const HARDWARE = 'hw-';

/** RFC 4361 §6.1: type, IAID, and a DUID of at least its type and one byte more. */
const DUID_FORM = 0xff;
const LEAST_DUID_FORM = 8;

const ETHERNET = 1;
const ETHERNET_LENGTH = 6;

/**
 * The key under which a client's lease is kept. One machine sends many identifiers (each boot of a live system another),
 * and machines installed from one image send the same: its hardware address is what it keeps. A client without one
 * (InfiniBand, RFC 4390) is known by its identifier. Undefined where there is neither.
 */
export function clientKey(message: DhcpMessage, identifyBy: IdentifyBy): ClientKey | undefined {
  const identifier = message.options.get(options.clientIdentifier.code);
  const hasHardwareAddress = isOwnAddress(message);
  if (identifier !== undefined) {
    const isTrusted = identifyBy === 'clientId' && isDuidForm(identifier);
    if (isTrusted || !hasHardwareAddress) return `${ID}${hex(identifier)}`;
  }
  if (!hasHardwareAddress) return undefined;
  return `${HARDWARE}${message.htype.toString(16).padStart(2, '0')}${hex(message.chaddr)}`;
}

/** The key of a client whose lease was bound to its identifier as long as identifiers were trusted. */
export function keyByMac(key: ClientKey, mac: MacAddress | undefined): ClientKey {
  if (mac === undefined || !key.startsWith(ID) || !isOneMachines(mac)) return key;
  return `${HARDWARE}0${ETHERNET}${mac.replaceAll(':', '')}`;
}

/** Whether a client has an Ethernet address of its own. */
export function hasOwnMac(message: DhcpMessage): boolean {
  return message.htype === ETHERNET && message.chaddr.length === ETHERNET_LENGTH && isOwnAddress(message);
}

/** All zeros, all ones and group addresses are nobody's: two clients that send them are not one. */
function isOwnAddress({ htype, chaddr }: DhcpMessage): boolean {
  const [first] = chaddr;
  if (first === undefined) return false;
  if (htype === ETHERNET && (first & 1) === 1) return false;
  return first === 0 || first === 0xff ? chaddr.some((byte) => byte !== first) : true;
}

function isDuidForm(identifier: Uint8Array): boolean {
  return identifier[0] === DUID_FORM && identifier.length >= LEAST_DUID_FORM;
}

function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('hex');
}
