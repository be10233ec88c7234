import type { Ipv4 } from '../net/ipv4.js';

/** A place that a transfer holds, as far as it matters for who keeps it. */
export interface Place {
  /** Its address is leased or a host's. */
  readonly isKnown: boolean;
  /** Milliseconds of the monotonic clock. */
  readonly startedAt: number;
  /** How many places its address holds. */
  readonly share: { readonly count: number };
  /** Undefined while its file is being opened: it stays then, so that no more files are opened than there are places. */
  readonly session: { readonly isAnswered: boolean; readonly confirmedBytes: number } | undefined;
}

export interface Newcomer {
  readonly isKnown: boolean;
  /** Places of its address. */
  readonly holds: number;
}

export interface Patience {
  /** How long a client that has confirmed nothing keeps its place for itself, in milliseconds. */
  readonly unansweredMs: number;
  /** What a transfer has to carry from its start on, once it has had its time to get going. */
  readonly slowestBytesPerSecond: number;
}

/** Milliseconds; a client that pauses for seconds after each lost packet has a file of 64 KiB in less. */
const CRAWLS_AFTER_MS = 30_000;

/** From who goes first to who goes last. */
const CLAIM = { none: 0, unanswered: 1, crawling: 2, stranger: 3, knownIdle: 4, known: 5 };

export interface Weakest<P extends Place> {
  readonly place: P;
  readonly claim: number;
}

/**
 * Who goes first when all places are taken: of those with the least claim the one whose address holds most, and of these the one that
 * began first. Undefined while all files are being opened.
 */
export function weakestOf<P extends Place>(
  places: Iterable<P>,
  now: number,
  patience: Patience,
): Weakest<P> | undefined {
  let weakest: Weakest<P> | undefined;
  for (const place of places) {
    if (!place.session) continue;
    const claim = claimOf(place, now, patience);
    if (weakest && (claim > weakest.claim || (claim === weakest.claim && !goesBefore(place, weakest.place))))
      continue;
    weakest = { place, claim };
  }
  return weakest;
}

/** Strangers make room for known machines; among equals, an address makes room only for one that holds less. */
export function makesRoom({ place, claim }: Weakest<Place>, newcomer: Newcomer): boolean {
  if (claim <= CLAIM.crawling) return true;
  if (newcomer.isKnown !== place.isKnown) return newcomer.isKnown;
  return place.share.count > newcomer.holds + 1;
}

/** Whether it has had its time and confirmed nothing: its place is anybody's. */
export function isOverdue({ startedAt, session }: Place, now: number, { unansweredMs }: Patience): boolean {
  return session?.isAnswered === false && now - startedAt >= unansweredMs;
}

function claimOf(place: Place, now: number, patience: Patience): number {
  if (isOverdue(place, now, patience)) return CLAIM.none;
  const isIdle = place.session?.isAnswered === false || crawls(place, now, patience);
  if (place.isKnown) return isIdle ? CLAIM.knownIdle : CLAIM.known;
  if (!isIdle) return CLAIM.stranger;
  return place.session?.isAnswered ? CLAIM.crawling : CLAIM.unanswered;
}

function crawls({ startedAt, session }: Place, now: number, { slowestBytesPerSecond }: Patience): boolean {
  const ms = now - startedAt;
  return ms >= CRAWLS_AFTER_MS && (session?.confirmedBytes ?? 0) * 1000 < slowestBytesPerSecond * ms;
}

function goesBefore(place: Place, other: Place): boolean {
  if (place.share.count !== other.share.count) return place.share.count > other.share.count;
  return place.startedAt < other.startedAt;
}

/** What is needed of a transfer here. */
export interface Waiting {
  readonly peer: { readonly address: Ipv4 };
  /** Undefined while its file is being opened. */
  readonly session: { readonly isAnswered: boolean } | undefined;
}

/**
 * Transfers whose clients had confirmed nothing when they were looked at last, by address: in a flood of requests one of them goes for each
 * that comes, so that none may take a look at all of them.
 */
export class Unanswered<W extends Waiting> {
  /** Of each address, the oldest first. */
  readonly #groups = new Map<Ipv4, Set<W>>();
  /** The groups of each size, by size. */
  readonly #bySize: Set<Set<W>>[] = [];

  add(waiting: W): void {
    const { address } = waiting.peer;
    const group = this.#groups.get(address) ?? new Set();
    this.#groups.set(address, group);
    this.#resize(group, () => group.add(waiting));
  }

  delete(waiting: W): void {
    const { address } = waiting.peer;
    const group = this.#groups.get(address);
    if (!group?.has(waiting)) return;
    this.#resize(group, () => group.delete(waiting));
    if (group.size === 0) this.#groups.delete(address);
  }

  /** The oldest of the address that has most: a flood from few addresses drives out itself. One whose file is being opened stays. */
  next(): W | undefined {
    for (let size = this.#bySize.length - 1; size > 0; size -= 1) {
      for (const group of this.#bySize[size] ?? []) {
        for (const waiting of group) {
          if (waiting.session?.isAnswered === false) return waiting;
          if (waiting.session) this.delete(waiting);
        }
      }
    }
    return undefined;
  }

  #resize(group: Set<W>, change: () => void): void {
    this.#bySize[group.size]?.delete(group);
    change();
    if (group.size > 0) (this.#bySize[group.size] ??= new Set()).add(group);
  }
}
