import type { Ipv4 } from '../net/ipv4.js';
import { encodePacket, type RequestPacket } from './packet.js';
import type { Session } from './session.js';
import { peerKey, type Peer } from './transport.js';

export interface AdmissionLimits {
  /** Transfers at the same time, in all. */
  readonly maxTransfers: number;
  /** Transfers at the same time of one client address. */
  readonly maxTransfersPerClient: number;
}

const DEFAULT_LIMITS: AdmissionLimits = { maxTransfers: 2000, maxTransfersPerClient: 256 };

/** Milliseconds; an identical request after so long a silence comes from a machine that started anew. */
const RESTARTED_AFTER_MS = 1000;

/** A client and what it asked for; the session follows once the file is open. */
export interface Entry {
  readonly key: number;
  readonly peer: Peer;
  readonly request: RequestPacket;
  /** Milliseconds of the monotonic clock. */
  readonly startedAt: number;
  session: Session | undefined;
}

export type Admitted =
  | { readonly kind: 'admitted'; readonly entry: Entry; readonly replaced: Entry | undefined }
  /** The same request once more: it is being answered. */
  | { readonly kind: 'repetition'; readonly entry: Entry }
  | { readonly kind: 'full' }
  | { readonly kind: 'client-full' };

/** Who is being served, and who may be. One client port has one transfer. */
export class Admission {
  readonly #limits: AdmissionLimits;
  readonly #entries = new Map<number, Entry>();
  readonly #perClient = new Map<Ipv4, number>();

  constructor(limits: Partial<AdmissionLimits>) {
    this.#limits = {
      maxTransfers: limits.maxTransfers ?? DEFAULT_LIMITS.maxTransfers,
      maxTransfersPerClient: limits.maxTransfersPerClient ?? DEFAULT_LIMITS.maxTransfersPerClient,
    };
  }

  get size(): number {
    return this.#entries.size;
  }

  holds(entry: Entry): boolean {
    return this.#entries.get(entry.key) === entry;
  }

  admit(request: RequestPacket, peer: Peer, now: number): Admitted {
    const key = peerKey(peer.address, peer.port);
    const running = this.#entries.get(key);
    if (running && isRepetition(running, request, now)) return { kind: 'repetition', entry: running };
    if (running) this.leave(running);
    if (this.#entries.size >= this.#limits.maxTransfers) return { kind: 'full' };
    const ofClient = this.#perClient.get(peer.address) ?? 0;
    if (ofClient >= this.#limits.maxTransfersPerClient) return { kind: 'client-full' };
    const entry: Entry = { key, peer, request, startedAt: now, session: undefined };
    this.#entries.set(key, entry);
    this.#perClient.set(peer.address, ofClient + 1);
    return { kind: 'admitted', entry, replaced: running };
  }

  leave(entry: Entry): void {
    if (!this.holds(entry)) return;
    this.#entries.delete(entry.key);
    const left = (this.#perClient.get(entry.peer.address) ?? 0) - 1;
    if (left > 0) this.#perClient.set(entry.peer.address, left);
    else this.#perClient.delete(entry.peer.address);
  }
}

/** The same request again, from a client that has not heard us yet; not that of a machine which began anew. */
function isRepetition(running: Entry, request: RequestPacket, now: number): boolean {
  const isSame = Buffer.compare(encodePacket(running.request), encodePacket(request)) === 0;
  const { session } = running;
  const hasRestarted =
    session !== undefined && session.hasProgressed && now - session.lastHeardAt > RESTARTED_AFTER_MS;
  return isSame && !hasRestarted;
}
