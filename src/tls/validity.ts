import type { X509Certificate } from 'node:crypto';

/** Between what moments a certificate holds. */
export interface Validity {
  readonly notBefore: Date;
  readonly notAfter: Date;
}

const HOUR = 3_600_000;
const DAY = 24 * HOUR;

/** Clocks of machines are wrong: as far ahead as this one may be, a certificate holds for the others. */
const AHEAD = 12 * HOUR;
/** Clients refuse certificates of servers that hold for longer than 398 days. */
const SERVER = 397 * DAY;
const CA = 3653 * DAY;
/** No clock that is right shows an earlier time: one that stands at its beginning is put right later. */
const EARLIEST = Date.UTC(2026, 0, 1);

export function validityOfCa(now: Date): Validity {
  const end = Math.max(now.getTime(), EARLIEST) + CA;
  return { notBefore: before(now), notAfter: new Date(end) };
}

/** None outlives its CA. */
export function validityOfServer(now: Date, ca: Validity): Validity {
  const end = Math.min(now.getTime() + SERVER, ca.notAfter.getTime());
  return { notBefore: before(now), notAfter: new Date(end) };
}

function before(now: Date): Date {
  return new Date(now.getTime() - AHEAD);
}

/** Whether it is time for the next one: a third of its time is left, or this one does not hold now, and the next would hold for longer. */
export function isDue({ notBefore, notAfter }: Validity, next: Validity, now: Date): boolean {
  const [begin, end] = [notBefore.getTime(), notAfter.getTime()];
  if (now.getTime() < begin) return true;
  const isLate = now.getTime() >= end - (end - begin) / 3;
  // Dates in certificates are of whole seconds.
  return isLate && next.notAfter.getTime() - end >= 1000;
}

/** Those of a certificate. */
export function validityOf({ validFrom, validTo }: Pick<X509Certificate, 'validFrom' | 'validTo'>): Validity {
  return { notBefore: new Date(validFrom), notAfter: new Date(validTo) };
}
