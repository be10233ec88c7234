import { formatIpv4, tryParseIpv4 } from '../net/ipv4.js';
import { tryParseMac } from '../net/mac-address.js';
import type { Lease, LeaseState } from './lease.js';

const STATES: ReadonlySet<string> = new Set<LeaseState>(['bound', 'released', 'declined']);

/** One line of the lease journal, with its line feed. */
export function formatLeaseRecord(lease: Lease): string {
  const record = {
    address: formatIpv4(lease.address),
    state: lease.state,
    until: new Date(lease.expiresAt).toISOString(),
    key: lease.key,
    mac: lease.mac,
    hostname: lease.hostname === '' ? undefined : lease.hostname,
    relayPort: lease.relayPort === '' ? undefined : lease.relayPort,
  };
  return `${JSON.stringify(record)}\n`;
}

/** Undefined for a line that is no whole record: what a power cut leaves behind. */
export function parseLeaseRecord(line: string): Lease | undefined {
  const record = parseObject(line);
  if (record === undefined) return undefined;
  const { address: addressText, state, until, key, mac, hostname, relayPort } = record;
  const address = typeof addressText === 'string' ? tryParseIpv4(addressText) : undefined;
  const expiresAt = typeof until === 'string' ? Date.parse(until) : Number.NaN;
  if (address === undefined || Number.isNaN(expiresAt)) return undefined;
  if (typeof state !== 'string' || !STATES.has(state) || typeof key !== 'string') return undefined;
  return {
    address,
    key,
    state: state as LeaseState,
    expiresAt,
    mac: typeof mac === 'string' ? tryParseMac(mac) : undefined,
    hostname: typeof hostname === 'string' ? hostname : '',
    relayPort: typeof relayPort === 'string' ? relayPort : '',
    chainedUntil: 0,
  };
}

interface RawRecord {
  readonly address?: unknown;
  readonly state?: unknown;
  readonly until?: unknown;
  readonly key?: unknown;
  readonly mac?: unknown;
  readonly hostname?: unknown;
  readonly relayPort?: unknown;
}

function parseObject(line: string): RawRecord | undefined {
  try {
    const value: unknown = JSON.parse(line);
    return typeof value === 'object' && value !== null ? value : undefined;
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}
