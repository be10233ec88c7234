/**
 * The segments of a URL path, each decoded by itself, so that an encoded slash never becomes a separator. Undefined when an
 * encoding is malformed.
 */
export function pathSegments(path: string): readonly string[] | undefined {
  const segments = path.split('/').slice(1).map(decoded);
  return segments.every((segment) => segment !== undefined) ? segments : undefined;
}

/** RFC 3986 §2.1. Undefined for what is malformed. */
export function decoded(segment: string): string | undefined {
  if (!segment.includes('%')) return segment;
  try {
    return decodeURIComponent(segment);
  } catch (error) {
    if (error instanceof URIError) return undefined;
    throw error;
  }
}
