import { InvalidValue } from '../errors.js';

declare const macAddress: unique symbol;

/** A 48-bit hardware address in its canonical text form, `52:54:00:00:00:01`: lower case, colons. */
export type MacAddress = string & { readonly [macAddress]: true };

const COLONS = /^[0-9a-f]{2}(:[0-9a-f]{2}){5}$/;
const HYPHENS = /^[0-9a-f]{2}(-[0-9a-f]{2}){5}$/;
const OTHERS = /^([0-9a-f]{4}(\.[0-9a-f]{4}){2}|[0-9a-f]{12})$/;

/** Colon, hyphen (iPXE's `hexhyp`), Cisco dotted and bare notation, in either case. */
export function tryParseMac(text: string): MacAddress | undefined {
  const lower = text.toLowerCase();
  if (COLONS.test(lower)) return lower as MacAddress;
  if (HYPHENS.test(lower)) return lower.replaceAll('-', ':') as MacAddress;
  if (!OTHERS.test(lower)) return undefined;
  return lower.replaceAll('.', '').replace(/(..)(?!$)/g, '$1:') as MacAddress;
}

/** @throws InvalidValue */
export function parseMac(text: string): MacAddress {
  const mac = tryParseMac(text);
  if (mac === undefined) {
    throw new InvalidValue('a MAC address', text, 'write six pairs of hex digits, as in 52:54:00:00:00:01');
  }
  return mac;
}

/** A hardware address of any length for a log, in hex with colons. */
export function hexPairs(bytes: Uint8Array): string {
  return Buffer.from(bytes)
    .toString('hex')
    .replace(/(..)(?!$)/g, '$1:');
}

/** The first six of `bytes`, which must hold at least six. */
export function macFromBytes(bytes: Uint8Array): MacAddress {
  let text = '';
  for (let index = 0; index < 6; index += 1) {
    const byte = bytes[index];
    if (byte === undefined) throw new RangeError('a MAC address has six bytes');
    text += `${index === 0 ? '' : ':'}${byte < 16 ? '0' : ''}${byte.toString(16)}`;
  }
  return text as MacAddress;
}

export function macToBytes(mac: MacAddress): Uint8Array {
  return Uint8Array.from(mac.split(':'), (pair) => Number.parseInt(pair, 16));
}

/** Whether it can be the address of one card: zeros, and what is sent to many, are nobody's own. */
export function isOneMachines(mac: MacAddress): boolean {
  return mac !== '00:00:00:00:00:00' && (Number.parseInt(mac.slice(0, 2), 16) & 1) === 0;
}

/** `52-54-00-00-00-01`: for file names and URL paths. */
export function hyphenated(mac: MacAddress): string {
  return mac.replaceAll(':', '-');
}

/**
 * `ipxe.efi` of `<mac>/ipxe.efi`: each machine has a folder that need not exist, since iPXE looks for its own files beside itself.
 * Undefined for a name in no such folder.
 */
export function withoutMachineFolder(filename: string): string | undefined {
  const [, first = '', rest] = /^\/*([^/]+)\/+([^/].*)$/s.exec(filename) ?? [];
  return tryParseMac(first) === undefined ? undefined : rest;
}
