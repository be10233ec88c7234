import type { Ipv4 } from '../net/ipv4.js';
import { isOverdue, whoMakesRoom, type Patience, type Place } from './eviction.js';
import { encodePacket, type RequestPacket } from './packet.js';
import type { Session } from './session.js';
import { peerKey, type Peer } from './transport.js';

export interface AdmissionLimits {
  /** Transfers at the same time, in all. */
  readonly maxTransfers: number;
  /** Transfers at the same time of one client address. */
  readonly maxTransfersPerClient: number;
  /** Seconds that a client which has confirmed nothing keeps its place for itself. */
  readonly unansweredSeconds: number;
  /** What a transfer has to carry so that it keeps its place when all are taken. */
  readonly slowestBytesPerSecond: number;
  /** Whether the address is leased, or a host's: those go before strangers. */
  readonly isKnown: (address: Ipv4) => boolean;
}

const DEFAULT_LIMITS: AdmissionLimits = {
  maxTransfers: 2000,
  maxTransfersPerClient: 256,
  unansweredSeconds: 5,
  slowestBytesPerSecond: 1024,
  isKnown: () => false,
};

/** Milliseconds; an identical request after so long a silence comes from a machine that started anew. */
const RESTARTED_AFTER_MS = 1000;

/** A client and what it asked for; the session follows once the file is open. */
export interface Entry extends Place {
  readonly key: number;
  readonly peer: Peer;
  readonly request: RequestPacket;
  readonly share: { count: number };
  session: Session | undefined;
}

export type Admitted =
  | {
      readonly kind: 'admitted';
      readonly entry: Entry;
      /** The transfer of the same port that was before it. */
      readonly replaced: Entry | undefined;
      /** Another one, which had to make room. */
      readonly evicted: Entry | undefined;
    }
  /** The same request once more: it is being answered. */
  | { readonly kind: 'repetition'; readonly entry: Entry }
  | { readonly kind: 'full' }
  | { readonly kind: 'client-full' };

/** Who is being served, and who may be. One client port has one transfer. */
export class Admission {
  readonly limits: AdmissionLimits;
  readonly #patience: Patience;
  readonly #entries = new Map<number, Entry>();
  readonly #shares = new Map<Ipv4, { count: number }>();

  constructor(limits: Partial<AdmissionLimits>) {
    this.limits = { ...DEFAULT_LIMITS, ...limits };
    const { unansweredSeconds, slowestBytesPerSecond } = this.limits;
    this.#patience = { unansweredMs: unansweredSeconds * 1000, slowestBytesPerSecond };
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
    const share = this.#shares.get(peer.address);
    const isKnown = this.limits.isKnown(peer.address);
    let evicted: Entry | undefined;
    if ((share?.count ?? 0) >= this.limits.maxTransfersPerClient) {
      evicted = this.#overdueOf(peer.address, now);
      if (!evicted) return { kind: 'client-full' };
    } else if (this.#entries.size >= this.limits.maxTransfers) {
      evicted = whoMakesRoom(this.#entries.values(), { isKnown, share }, now, this.#patience);
      if (!evicted) return { kind: 'full' };
    }
    if (evicted) this.leave(evicted);
    const entry = this.#enter({ key, peer, request, startedAt: now, isKnown });
    return { kind: 'admitted', entry, replaced: running, evicted };
  }

  leave(entry: Entry): void {
    if (!this.holds(entry)) return;
    this.#entries.delete(entry.key);
    entry.share.count -= 1;
    if (entry.share.count === 0) this.#shares.delete(entry.peer.address);
  }

  #enter(entry: Omit<Entry, 'share' | 'session'>): Entry {
    const share = this.#shares.get(entry.peer.address) ?? { count: 0 };
    share.count += 1;
    this.#shares.set(entry.peer.address, share);
    const entered = { ...entry, share, session: undefined };
    this.#entries.set(entry.key, entered);
    return entered;
  }

  /** A machine that asked again and again from new ports, as one that starts anew, is not kept out by what it left behind. */
  #overdueOf(address: Ipv4, now: number): Entry | undefined {
    for (const entry of this.#entries.values()) {
      if (entry.peer.address === address && isOverdue(entry, now, this.#patience)) return entry;
    }
    return undefined;
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
