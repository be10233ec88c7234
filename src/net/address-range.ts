import { formatIpv4, type Ipv4 } from './ipv4.js';

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
