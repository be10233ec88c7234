import { ImagoError } from '../errors.js';
import type { AddressRange } from '../net/address-range.js';
import { tryParseIpv4, type Ipv4 } from '../net/ipv4.js';
import { parseSubnet, type Subnet } from '../net/subnet.js';
import type { FaultPath } from './fault.js';

/** What stands at a path of a document that no schema has seen yet; undefined for what is not there, or not of the kind. */
export function valueAt(raw: unknown, path: FaultPath): unknown {
  let value = raw;
  for (const step of path) {
    if (typeof value !== 'object' || value === null) return undefined;
    value = Object.entries(value).find(([key]) => key === String(step))?.[1];
  }
  return value;
}

export function listAt(raw: unknown, path: FaultPath): readonly unknown[] {
  const value = valueAt(raw, path);
  return Array.isArray(value) ? value : [];
}

export function ipv4At(raw: unknown, path: FaultPath): Ipv4 | undefined {
  const text = valueAt(raw, path);
  return typeof text === 'string' ? tryParseIpv4(text) : undefined;
}

export function rangeAt(raw: unknown, path: FaultPath): AddressRange | undefined {
  const first = ipv4At(raw, [...path, 'first']);
  const last = ipv4At(raw, [...path, 'last']);
  return first === undefined || last === undefined ? undefined : { first, last };
}

export function subnetAt(raw: unknown, path: FaultPath): Subnet | undefined {
  const text = valueAt(raw, path);
  if (typeof text !== 'string') return undefined;
  try {
    return parseSubnet(text);
  } catch (error) {
    if (error instanceof ImagoError) return undefined; // the schema names it
    throw error;
  }
}
