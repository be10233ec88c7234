import type { Ipv4 } from '../net/ipv4.js';
import {
  isOverdue,
  makesRoom,
  Unanswered,
  weakestOf,
  type Newcomer,
  type Patience,
  type Place,
  type Weakest,
} from './eviction.js';
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

/** Milliseconds between two looks at all transfers for the one that makes room first. */
const LOOK_EVERY_MS = 25;

/** A client and what it asked for; the session follows once the file is open. */
export interface Entry extends Place {
  readonly key: number;
  readonly peer: Peer;
  readonly request: RequestPacket;
  readonly share: Share;
  session: Session | undefined;
}

/** The places of one address. */
interface Share {
  count: number;
  readonly entries: Set<Entry>;
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
  readonly #shares = new Map<Ipv4, Share>();
  /** Of strangers. */
  readonly #unanswered = new Unanswered<Entry>();
  #weakest: Weakest<Entry> | undefined;
  #lookedAt = Number.NEGATIVE_INFINITY;

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
    const newcomer = { isKnown: this.limits.isKnown(peer.address), holds: share?.count ?? 0 };
    let evicted: Entry | undefined;
    if (newcomer.holds >= this.limits.maxTransfersPerClient) {
      evicted = this.#overdueOf(share, now);
      if (!evicted) return { kind: 'client-full' };
    } else if (this.#entries.size >= this.limits.maxTransfers) {
      evicted = this.#makingRoomFor(newcomer, now);
      if (!evicted) return { kind: 'full' };
    }
    if (evicted) this.leave(evicted);
    const entry = this.#enter({ key, peer, request, startedAt: now, isKnown: newcomer.isKnown });
    return { kind: 'admitted', entry, replaced: running, evicted };
  }

  leave(entry: Entry): void {
    if (!this.holds(entry)) return;
    this.#entries.delete(entry.key);
    this.#unanswered.delete(entry);
    const { share } = entry;
    share.entries.delete(entry);
    share.count = share.entries.size;
    if (share.count === 0) this.#shares.delete(entry.peer.address);
  }

  #enter(entry: Omit<Entry, 'share' | 'session'>): Entry {
    const share = this.#shares.get(entry.peer.address) ?? { count: 0, entries: new Set() };
    this.#shares.set(entry.peer.address, share);
    const entered = { ...entry, share, session: undefined };
    share.entries.add(entered);
    share.count = share.entries.size;
    this.#entries.set(entry.key, entered);
    if (!entry.isKnown) this.#unanswered.add(entered);
    return entered;
  }

  /** A stranger that has confirmed nothing, where there is one; all are looked at only now and then. */
  #makingRoomFor(newcomer: Newcomer, now: number): Entry | undefined {
    const stranger = this.#unanswered.next();
    if (stranger) return stranger;
    const isStale = this.#weakest && !this.holds(this.#weakest.place);
    if (isStale || now - this.#lookedAt >= LOOK_EVERY_MS) {
      this.#weakest = weakestOf(this.#entries.values(), now, this.#patience);
      this.#lookedAt = now;
    }
    return this.#weakest && makesRoom(this.#weakest, newcomer) ? this.#weakest.place : undefined;
  }

  /** A machine that asked again and again from new ports, as one that starts anew, is not kept out by what it left behind. */
  #overdueOf(share: Share | undefined, now: number): Entry | undefined {
    for (const entry of share?.entries ?? []) if (isOverdue(entry, now, this.#patience)) return entry;
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
