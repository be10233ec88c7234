import type { Stats } from 'node:fs';

/** What tells one version of a file from another: RFC 9110 §8.8. */
export interface Validators {
  /** Strong, in quotes. */
  readonly etag: string;
  readonly lastModified: Date;
}

export function validatorsOf({ ino, size, mtimeMs, mtime }: Stats): Validators {
  const parts = [ino, size, Math.round(mtimeMs * 1000)].map((part) => part.toString(36));
  return { etag: `"${parts.join('-')}"`, lastModified: mtime };
}

/** The conditions of a GET or HEAD. */
export interface Conditions {
  readonly ifNoneMatch?: string | undefined;
  readonly ifModifiedSince?: string | undefined;
  readonly ifRange?: string | undefined;
}

/** RFC 9110 §13.2.2: whether the client's copy is still good. */
export function isNotModified({ ifNoneMatch, ifModifiedSince }: Conditions, validators: Validators): boolean {
  if (ifNoneMatch !== undefined) {
    const tags = new Set(ifNoneMatch.split(',').map((tag) => tag.trim().replace(/^W\//, '')));
    return tags.has('*') || tags.has(validators.etag);
  }
  const since = ifModifiedSince === undefined ? Number.NaN : Date.parse(ifModifiedSince);
  return wholeSeconds(validators.lastModified) <= since;
}

/** RFC 9110 §13.1.5: a range is only good for the version that the client has begun. */
export function isRangeGood({ ifRange }: Conditions, validators: Validators): boolean {
  if (ifRange === undefined) return true;
  if (ifRange.startsWith('"')) return ifRange === validators.etag;
  return Date.parse(ifRange) === wholeSeconds(validators.lastModified);
}

/** HTTP dates count in seconds. */
function wholeSeconds(time: Date): number {
  return Math.floor(time.getTime() / 1000) * 1000;
}
