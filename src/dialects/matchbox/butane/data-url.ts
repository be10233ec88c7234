import { gzipSync } from 'node:zlib';

/** Where the contents of a file are written in place. */
export interface InlineResource {
  readonly source: string;
  /** As Butane sets it; undefined leaves what the configuration says. */
  readonly compression: '' | 'gzip' | undefined;
}

/** What Go's compressor writes more than zlib: an empty block at the end. */
const GO_END_BYTES = 5;

/** What gzip makes of a single letter, written as base64. */
const SHORTEST_PACKED = 48;

/**
 * The shortest of three writings, as Butane chooses: percent-encoded, base64, and base64 of what gzip makes of it. Compressed bytes are
 * zlib's, not those of Go's compressor; they unpack to the same.
 * @param compressed whether the contents are compressed already, so that they are not again
 */
export function inlineResource(text: string, compressed: boolean): InlineResource {
  const contents = Buffer.from(text, 'utf8');
  const plain = shorter(percentEncoded(contents), `;base64,${contents.toString('base64')}`);
  if (compressed) return { source: `data:${plain}`, compression: undefined };
  if (plain.length <= SHORTEST_PACKED) return { source: `data:${plain}`, compression: '' };
  const packed = gzipSync(contents, { level: 9 });
  packed[9] = 0xff; // RFC 1952 §2.3.1: made on no system in particular, as Go says
  const length = base64Length(packed.length + GO_END_BYTES) + ';base64,gzip'.length;
  if (length >= plain.length) return { source: `data:${plain}`, compression: '' };
  return { source: `data:;base64,${packed.toString('base64')}`, compression: 'gzip' };
}

/** Butane of specification 1.0 has no other writing. */
export function percentEncodedResource(text: string): InlineResource {
  return { source: `data:${percentEncoded(Buffer.from(text, 'utf8'))}`, compression: undefined };
}

/** RFC 2397, RFC 3986 §2.3: all but unreserved characters. */
function percentEncoded(contents: Buffer): string {
  return `,${Array.from(contents, (byte) => ESCAPES[byte]).join('')}`;
}

const ESCAPES = Array.from({ length: 256 }, (_, byte) => {
  const character = String.fromCharCode(byte);
  return /^[A-Za-z0-9_.~!*'()-]$/.test(character)
    ? character
    : `%${byte.toString(16).toUpperCase().padStart(2, '0')}`;
});

function base64Length(bytes: number): number {
  return Math.ceil(bytes / 3) * 4;
}

function shorter(first: string, second: string): string {
  return second.length < first.length ? second : first;
}
