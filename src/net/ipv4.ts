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

/** An IPv4 network, as in `10.75.0.0/24`. */
export interface Subnet {
  readonly network: Ipv4;
  readonly prefixLength: number;
}

/** @throws InvalidValue for anything but a network address and a prefix length from 1 to 30. */
export function parseSubnet(text: string): Subnet {
  const [addressText = '', lengthText = '', ...rest] = text.split('/');
  const address = tryParseIpv4(addressText);
  const prefixLength = /^\d{1,2}$/.test(lengthText) ? Number(lengthText) : Number.NaN;
  if (rest.length > 0 || address === undefined || !(prefixLength >= 1 && prefixLength <= 30)) {
    throw new InvalidValue(
      'a subnet',
      text,
      'write a network and a prefix length from 1 to 30, as in 10.75.0.0/24',
    );
  }
  const subnet = subnetOf(address, prefixLength);
  if (subnet.network !== address) {
    throw new InvalidValue(
      'a subnet',
      text,
      `its network address is ${formatIpv4(subnet.network)}: write ${formatSubnet(subnet)}`,
    );
  }
  return subnet;
}

/** The network of so many bits that the address is in. */
export function subnetOf(address: Ipv4, prefixLength: number): Subnet {
  return { network: toIpv4(address & maskOf(prefixLength)), prefixLength };
}

export function formatSubnet(subnet: Subnet): string {
  return `${formatIpv4(subnet.network)}/${subnet.prefixLength}`;
}

export function netmask(subnet: Subnet): Ipv4 {
  return maskOf(subnet.prefixLength);
}

export function broadcastAddress(subnet: Subnet): Ipv4 {
  return toIpv4(subnet.network | ~maskOf(subnet.prefixLength));
}

export function subnetContains(subnet: Subnet, address: Ipv4): boolean {
  return toIpv4(address & maskOf(subnet.prefixLength)) === subnet.network;
}

export function subnetsOverlap(a: Subnet, b: Subnet): boolean {
  return subnetContains(a, b.network) || subnetContains(b, a.network);
}

/** Whether a host may own the address: inside, and neither the network's own nor the broadcast address. */
export function isHostAddress(subnet: Subnet, address: Ipv4): boolean {
  return (
    subnetContains(subnet, address) && address !== subnet.network && address !== broadcastAddress(subnet)
  );
}

function maskOf(prefixLength: number): Ipv4 {
  return toIpv4(-(2 ** (32 - prefixLength)));
}

/** A run of IPv4 addresses, both ends included. `first` is never above `last`. */
export interface AddressRange {
  readonly first: Ipv4;
  readonly last: Ipv4;
}

export function rangeSize(range: AddressRange): number {
  return range.last - range.first + 1;
}

export function rangeContains(range: AddressRange, address: Ipv4): boolean {
  return address >= range.first && address <= range.last;
}

export function rangesOverlap(a: AddressRange, b: AddressRange): boolean {
  return a.first <= b.last && b.first <= a.last;
}

export function formatRange(range: AddressRange): string {
  return `${formatIpv4(range.first)}-${formatIpv4(range.last)}`;
}
