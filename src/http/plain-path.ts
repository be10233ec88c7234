/** Segments that name nothing: empty ones and those that say "here", as TFTP leaves them out (shim asks for `…//grubx64.efi`). */
const NOTHING = /\/(?:(?:\.|%2e)(?=\/|$)|(?=\/))/gi;

/**
 * The URL of a request with its path as TFTP takes it: `/tftp//x` and `/tftp/./x` are `/tftp/x`. What climbs stays as it is written, and
 * names nothing; the query is not touched.
 */
export function plainPath(url: string): string {
  const end = url.indexOf('?');
  const path = end < 0 ? url : url.slice(0, end);
  return path.startsWith('/') ? (path.replace(NOTHING, '') || '/') + url.slice(path.length) : url;
}
