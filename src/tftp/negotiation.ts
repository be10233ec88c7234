import type { OptionMap } from './packet.js';

/** RFC 1350: what holds when nothing was negotiated. */
export const DEFAULT_BLOCK_SIZE = 512;

/** RFC 2348: octets of file in a DATA packet. */
const MIN_BLOCK_SIZE = 8;
const MAX_BLOCK_SIZE = 65464;

/**
 * More than this is never in flight: a client's default receive buffer on Linux holds about 92 full-sized packets, and
 * RFC 7440 §4 lets the server answer with less than was asked for.
 */
const MAX_WINDOW_SIZE = 64;

/** Octets; a window is in memory as a whole, for each transfer of a file that is not. */
const MAX_WINDOW_BYTES = 256 * 1024;

/** What both sides keep to during one transfer. */
export interface Agreement {
  readonly blockSize: number;
  readonly windowSize: number;
  /** RFC 2349: the client's wish for the time before a packet is sent again. */
  readonly timeoutSeconds: number | undefined;
  /** The longest wait before a packet is sent again to a client that has confirmed nothing. */
  readonly unansweredSeconds?: number | undefined;
  /** What the OACK says; empty: there is none, and the transfer starts with the first block. */
  readonly acknowledged: OptionMap;
}

export type Negotiation =
  | { readonly kind: 'agreed'; readonly agreement: Agreement }
  | { readonly kind: 'refused'; readonly message: string };

export interface NegotiationLimits {
  /** Octets; lowers what RFC 2348 allows, for networks that lose fragments. */
  readonly maxBlockSize?: number;
  /** Blocks; lowers what RFC 7440 allows. */
  readonly maxWindowSize?: number;
}

/**
 * Only what the client asked for is acknowledged: an unsolicited `tsize` breaks EFI clients. An option that is
 * unknown or makes no sense is passed over (RFC 2347); a window of no blocks is refused (RFC 7440 §3).
 *
 * @param size of the file in octets.
 */
export function negotiate(requested: OptionMap, size: number, limits: NegotiationLimits = {}): Negotiation {
  const maxBlockSize = Math.min(limits.maxBlockSize ?? MAX_BLOCK_SIZE, MAX_BLOCK_SIZE);
  const maxWindowSize = Math.min(limits.maxWindowSize ?? MAX_WINDOW_SIZE, MAX_WINDOW_SIZE);
  const acknowledged = new Map<string, string>();
  let blockSize = DEFAULT_BLOCK_SIZE;
  let windowSize = 1;
  let timeoutSeconds: number | undefined;

  for (const [name, text] of requested) {
    const value = parseCount(text);
    if (value === undefined) continue;
    switch (name) {
      case 'blksize': //    RFC 2348
        if (value < MIN_BLOCK_SIZE) break;
        blockSize = Math.min(value, maxBlockSize);
        acknowledged.set(name, String(blockSize));
        break;
      case 'windowsize': // RFC 7440
        if (value === 0) return { kind: 'refused', message: 'a windowsize of 0 blocks cannot carry a file' };
        windowSize = value;
        acknowledged.set(name, ''); // in the client's order; how many depends on the size of the blocks
        break;
      case 'timeout': //    RFC 2349
        if (value < 1 || value > 255) break;
        timeoutSeconds = value;
        acknowledged.set(name, String(value));
        break;
      case 'tsize': //      RFC 2349
        acknowledged.set(name, String(size));
        break;
    }
  }
  windowSize = Math.min(windowSize, maxWindowSize, Math.max(1, Math.floor(MAX_WINDOW_BYTES / blockSize)));
  if (acknowledged.has('windowsize')) acknowledged.set('windowsize', String(windowSize));
  return { kind: 'agreed', agreement: { blockSize, windowSize, timeoutSeconds, acknowledged } };
}

function parseCount(text: string): number | undefined {
  return /^\d{1,15}$/.test(text) ? Number(text) : undefined;
}
