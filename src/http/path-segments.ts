/**
 * The segments of a URL path, each decoded by itself, so that an encoded slash never becomes a separator. Undefined when an
 * encoding is malformed.
 */
export function pathSegments(path: string): readonly string[] | undefined {
  const segments = path.split('/').slice(1);
  if (!segments.every(isDecodable)) return undefined;
  return segments.map(decodeURIComponent);
}

function isDecodable(segment: string): boolean {
  try {
    decodeURIComponent(segment);
    return true;
  } catch (error) {
    if (error instanceof URIError) return false;
    throw error;
  }
}
