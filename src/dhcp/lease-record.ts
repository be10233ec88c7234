import { formatIpv4, tryParseIpv4 } from '../net/ipv4.js';
import { tryParseMac } from '../net/mac-address.js';
import type { Lease, LeaseState } from './lease.js';

const STATES: ReadonlySet<string> = new Set<LeaseState>(['bound', 'released', 'declined']);

/** Writes the lines of the lease journal. JSON by hand, since thousands are written in a second. */
export class LeaseRecordFormat {
  #time = Number.NaN;
  #timeText = '';

  /** One line, with its line feed. */
  format(lease: Lease): string {
    const { address, state, key, mac, hostname, relayPort, epoch = 0 } = lease;
    const until = this.#timestamp(lease.expiresAt);
    const head = `{"address":"${formatIpv4(address)}","state":"${state}","until":"${until}","key":"${key}"`;
    const macText = mac === undefined ? '' : `,"mac":"${mac}"`;
    const epochText = epoch === 0 ? '' : `,"epoch":${epoch}`;
    // These two hold what clients and relays say.
    const hostnameText = hostname === '' ? '' : `,"hostname":${JSON.stringify(hostname)}`;
    const portText = relayPort === '' ? '' : `,"relayPort":${JSON.stringify(relayPort)}`;
    return `${head}${macText}${epochText}${hostnameText}${portText}}\n`;
  }

  /** Leases that are granted in the same millisecond end in the same one. */
  #timestamp(milliseconds: number): string {
    if (milliseconds !== this.#time) {
      this.#time = milliseconds;
      this.#timeText = new Date(milliseconds).toISOString();
    }
    return this.#timeText;
  }
}

/** Undefined for a line that is no whole record: what a power cut leaves behind. */
export function parseLeaseRecord(line: string): Lease | undefined {
  const record = parseObject(line);
  if (record === undefined) return undefined;
  const { address: addressText, state, until, key, mac, hostname, relayPort, epoch } = record;
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
    declines: 0,
    ...(Number.isSafeInteger(epoch) && { epoch: Number(epoch) }),
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
  readonly epoch?: unknown;
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
