/** A run of bytes of a file, both ends included, and how many of them have come. */
export interface Part {
  readonly first: number;
  readonly last: number;
  readonly done: number;
}

/** Smaller parts are not worth a connection. */
const SMALLEST_PART = 4 << 20;

/** Cuts a file into at most `count` parts of equal size. */
export function cutIntoParts(size: number, count: number, smallest = SMALLEST_PART): Part[] {
  if (size === 0) return [];
  const parts = Math.max(1, Math.min(count, Math.floor(size / smallest)));
  const length = Math.ceil(size / parts);
  return Array.from({ length: parts }, (_, index) => ({
    first: index * length,
    last: Math.min(size, (index + 1) * length) - 1,
    done: 0,
  }));
}

export function lengthOf({ first, last }: Pick<Part, 'first' | 'last'>): number {
  return last - first + 1;
}

/** Whether the parts, in order, are exactly the bytes of a file of that size. */
export function coverWhole(parts: readonly Part[], size: number): boolean {
  let next = 0;
  for (const { first, last, done } of parts) {
    if (first !== next || last < first || done < 0 || done > last - first + 1) return false;
    next = last + 1;
  }
  return next === size;
}

export interface ContentRange {
  readonly first: number;
  readonly last: number;
  /** Undefined where the server does not tell it. */
  readonly size: number | undefined;
}

/** RFC 9110 §14.4. Undefined for whatever is not one range of bytes. */
export function parseContentRange(header: string | string[] | undefined): ContentRange | undefined {
  if (typeof header !== 'string') return undefined;
  const [, first, last, size] = /^bytes (\d{1,15})-(\d{1,15})\/(\d{1,15}|\*)$/.exec(header) ?? [];
  if (first === undefined || last === undefined || size === undefined) return undefined;
  const range = { first: Number(first), last: Number(last), size: size === '*' ? undefined : Number(size) };
  const isSound = range.first <= range.last && (range.size === undefined || range.last < range.size);
  return isSound ? range : undefined;
}

/**
 * What names this version of the file in `If-Range` (RFC 9110 §13.1.5): a strong ETag, else its date. A weak ETag may be shared
 * by different bytes.
 */
export function validatorOf(
  headers: Readonly<Record<string, string | string[] | undefined>>,
): string | undefined {
  const { etag, 'last-modified': date } = headers;
  if (typeof etag === 'string' && /^"[\x21\x23-\x7e]*"$/.test(etag)) return etag;
  return typeof date === 'string' ? date : undefined;
}
