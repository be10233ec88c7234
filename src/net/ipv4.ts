import { InvalidValue } from '../errors.js';

declare const ipv4: unique symbol;

/** An IPv4 address as an unsigned 32-bit number in host order: cheap to compare, to count with and as a key. */
export type Ipv4 = number & { readonly [ipv4]: true };

/** One end of UDP: where a datagram goes to, or came from. */
export interface Endpoint {
  readonly address: Ipv4;
  readonly port: number;
}

const OCTET = '(25[0-5]|2[0-4]\\d|1\\d\\d|[1-9]?\\d)';
const DOTTED_QUAD = new RegExp(`^${OCTET}\\.${OCTET}\\.${OCTET}\\.${OCTET}$`);

export const UNSPECIFIED_IPV4 = 0 as Ipv4;
export const LIMITED_BROADCAST = 0xffffffff as Ipv4;

/** Dotted-quad notation without leading zeros; anything else is undefined. */
export function tryParseIpv4(text: string): Ipv4 | undefined {
  const match = DOTTED_QUAD.exec(text);
  if (!match) return undefined;
  const [, a, b, c, d] = match;
  return toIpv4(((Number(a) * 256 + Number(b)) * 256 + Number(c)) * 256 + Number(d));
}

/** @throws InvalidValue */
export function parseIpv4(text: string): Ipv4 {
  const address = tryParseIpv4(text);
  if (address === undefined) {
    throw new InvalidValue('an IPv4 address', text, 'write four numbers from 0 to 255, as in 10.75.0.1');
  }
  return address;
}

/** The low 32 bits of a number, as an address. */
export function toIpv4(value: number): Ipv4 {
  return (value >>> 0) as Ipv4;
}

export function formatIpv4(address: Ipv4): string {
  return `${address >>> 24}.${(address >>> 16) & 255}.${(address >>> 8) & 255}.${address & 255}`;
}
