/** What is wrong with a data: URL (RFC 2397) by the reader that Ignition has; undefined where nothing is. */
export function dataFault(url: string): string | undefined {
  if (!url.startsWith('data:')) return 'is a data: URL in capitals: write data:';
  const comma = url.indexOf(',');
  if (comma < 0) return 'is a data: URL without the comma before its data';
  const data = url.slice(comma + 1);
  if (url.slice(0, comma).endsWith(';base64')) {
    const isBase64 = data.length % 4 === 0 && /^[A-Za-z0-9+/]*={0,2}$/.test(data);
    return isBase64 ? undefined : 'has data that are no base64';
  }
  const strange = /[^!$-;=?-Z_a-z~[\]]|%(?![0-9A-Fa-f]{2})/.exec(data)?.[0];
  return strange === undefined
    ? undefined
    : `has '${strange === '%' ? '%' : encodeURI(strange)}' in its data: write other than letters and digits as %20`;
}
