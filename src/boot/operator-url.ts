/** What names its server itself; a file as GRUB names it, `(http;…)/…`; and what begins with a setting of iPXE. */
const ABSOLUTE = /^([a-z][a-z0-9+.-]*:|\(|\$\{)/i;

/**
 * A URL that an operator wrote, from the root of a server where it is relative, as iPXE would make it. Not by way of URL, which would
 * encode the settings of iPXE in it.
 * @param root without a slash at the end
 */
export function absoluteUrl(url: string, root: string): string {
  if (ABSOLUTE.test(url)) return url;
  if (url.startsWith('//')) return `http:${url}`;
  return url.startsWith('/') ? root + url : `${root}/${url}`;
}

/** What iPXE calls a file that it fetches, unless it is told another name. */
export function fileNameOf(url: string): string {
  const [path = ''] = url.split(/[?#]/, 1);
  return path.slice(path.lastIndexOf('/') + 1) || 'initrd';
}
