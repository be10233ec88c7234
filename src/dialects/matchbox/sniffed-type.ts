const PLAIN = 'text/plain; charset=utf-8';
const BINARY = 'application/octet-stream';

/** How much of a text its type is told by. */
const SNIFFED_BYTES = 512;

const MARKUP =
  /^[\t\n\f\r ]*<(?:!DOCTYPE HTML|HTML|HEAD|SCRIPT|IFRAME|H1|DIV|FONT|TABLE|A|STYLE|TITLE|BODY|BR|B|P|!--)[ >]/i;
const COMMENT = /^[\t\n\f\r ]*<!--/;
const XML = /^[\t\n\f\r ]*<\?xml/;

/** The type that Go's net/http gives an answer that names none, for what a template can make (WHATWG MIME Sniffing §7). */
export function sniffedType(body: Buffer): string {
  const start = body.subarray(0, SNIFFED_BYTES).toString('latin1');
  if (COMMENT.test(start) || MARKUP.test(start)) return 'text/html; charset=utf-8';
  if (XML.test(start)) return 'text/xml; charset=utf-8';
  if (start.startsWith('%PDF-')) return 'application/pdf';
  if (start.startsWith('%!PS-Adobe-')) return 'application/postscript';
  if (/^\xfe\xff../s.test(start)) return 'text/plain; charset=utf-16be';
  if (/^\xff\xfe../s.test(start)) return 'text/plain; charset=utf-16le';
  if (/^\xef\xbb\xbf./s.test(start)) return PLAIN;
  if (start.startsWith('\x1f\x8b\x08')) return 'application/x-gzip';
  if (start.startsWith('PK\x03\x04')) return 'application/zip';
  // oxlint-disable-next-line no-control-regex -- bytes that no text has
  return /[\0-\x08\x0b\x0e-\x1a\x1c-\x1f]/.test(start) ? BINARY : PLAIN;
}
