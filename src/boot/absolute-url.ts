/**
 * A URL of an operator's, from the root of a server where it is relative. Not by way of URL, which would encode the settings of
 * iPXE that are written into it.
 * @param root without a slash at the end
 */
export function absoluteUrl(url: string, root: string): string {
  if (/^[a-z][a-z0-9+.-]*:/i.test(url)) return url;
  if (url.startsWith('//')) return `http:${url}`;
  return url.startsWith('/') ? root + url : `${root}/${url}`;
}
