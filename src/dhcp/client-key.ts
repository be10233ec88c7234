import type { DhcpMessage } from './message.js';
import { options } from './options.js';

/** What a lease is bound to: hex text, prefixed with `id-` (client identifier) or `hw-` (hardware type and address). */
export type ClientKey = string;

/** RFC 4361 §6.1: type, IAID, and a DUID of at least its type and one byte more. */
const DUID_FORM = 0xff;
const LEAST_DUID_FORM = 8;

/**
 * The key under which a client's lease is kept. Only a client identifier in the DUID form of RFC 4361 counts: others
 * change between the firmware, the boot loader and the system of one machine, which should keep one address. A client
 * without a hardware address (InfiniBand, RFC 4390) is known by its identifier. Undefined where there is neither.
 */
export function clientKey(message: DhcpMessage): ClientKey | undefined {
  const identifier = message.options.get(options.clientIdentifier.code);
  if (identifier !== undefined && (isDuidForm(identifier) || message.chaddr.length === 0)) {
    return `id-${hex(identifier)}`;
  }
  if (message.chaddr.length === 0) return undefined;
  return `hw-${message.htype.toString(16).padStart(2, '0')}${hex(message.chaddr)}`;
}

function isDuidForm(identifier: Uint8Array): boolean {
  return identifier[0] === DUID_FORM && identifier.length >= LEAST_DUID_FORM;
}

function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('hex');
}
