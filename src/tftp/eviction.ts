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

/**
 * Whose place a newcomer takes when all are taken: of those with the least claim the one whose address holds most, and of these the
 * one that began first. Strangers make room for known machines; among equals, an address makes room only for one that holds less.
 * @returns undefined where nobody has to go: the newcomer has to wait.
 */
export function whoMakesRoom<P extends Place>(
  places: Iterable<P>,
  newcomer: { readonly isKnown: boolean; readonly share: { readonly count: number } | undefined },
  now: number,
  patience: Patience,
): P | undefined {
  let first: P | undefined;
  let least = Number.POSITIVE_INFINITY;
  for (const place of places) {
    if (!place.session) continue;
    const claim = claimOf(place, now, patience);
    if (claim > least || (first && claim === least && !goesBefore(place, first))) continue;
    first = place;
    least = claim;
  }
  if (!first || least <= CLAIM.crawling) return first;
  if (newcomer.isKnown && !first.isKnown) return first;
  const isEqual = newcomer.isKnown === first.isKnown;
  return isEqual && first.share.count > (newcomer.share?.count ?? 0) + 1 ? first : undefined;
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
