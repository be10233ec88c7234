import type { Stats } from 'node:fs';
import type { IncomingHttpHeaders } from 'node:http';
import { extname } from 'node:path';
import { Readable } from 'node:stream';
import type { Context } from 'koa';
import { contentType } from 'mime-types';
import type { FilePart as StreamedPart } from '../files/file-stream.js';
import { LEAST_BYTES, plainSocketOf, sendByKernel } from './send-by-kernel.js';
import { SMALL_CHUNK } from './traffic.js';

/** What tells one version of a file from another: RFC 9110 §8.8. */
export interface Validators {
  /** In quotes, after `W/` where it is weak. */
  readonly etag?: string | undefined;
  readonly lastModified?: Date | undefined;
}

export interface SentFile extends Validators {
  /** Its type goes by it. */
  readonly name: string;
  /** In bytes; undefined while nobody knows. */
  readonly size: number | undefined;
}

/** Which bytes of a file are to follow. */
export interface FilePart {
  readonly start: number;
  /** Included; Infinity for the end of what is of unknown size. */
  readonly end: number;
}

/**
 * Status and headers for a file: whole, the one range that is asked for, or that the client's copy is still good.
 * @returns undefined where no bytes are to follow
 */
export function answerHead(ctx: Context, { name, size, etag, lastModified }: SentFile): FilePart | undefined {
  const { method, headers } = ctx.req;
  if (etag !== undefined) ctx.set('ETag', etag);
  if (lastModified) ctx.set('Last-Modified', lastModified.toUTCString());
  if (size !== undefined) ctx.set('Accept-Ranges', 'bytes');
  if (isNotModified(headers, { etag, lastModified })) {
    ctx.status = 304;
    return undefined;
  }
  const wanted = isRangeGood(ctx.get('if-range'), { etag, lastModified }) ? headers.range : undefined;
  const range = size === undefined ? whole : parseRange(wanted, size);
  if (range.kind === 'unsatisfiable') {
    ctx.status = 416;
    ctx.set('Content-Range', `bytes */${size}`);
    ctx.body = 'the range begins after the end of the file';
    return undefined;
  }
  ctx.status = range.kind === 'part' ? 206 : 200;
  ctx.type = contentTypeOf(name);
  const part = range.kind === 'part' ? range : { start: 0, end: (size ?? Infinity) - 1 };
  if (range.kind === 'part') ctx.set('Content-Range', `bytes ${part.start}-${part.end}/${size}`);
  const length = lengthOf(part);
  if (method !== 'HEAD' && length > 0) return part;
  // A buffer has a length, which would be sent as that of the file.
  ctx.body = length < Infinity ? Buffer.alloc(0) : Readable.from([]);
  if (length < Infinity) ctx.length = length;
  return undefined;
}

/** Where the bytes of an answer come from. */
export interface PartSource {
  /** Of a file that is there as a whole: the system may send it. */
  readonly fd?: number | undefined;
  read(part: StreamedPart): Readable;
  close(): Promise<void>;
}

/** Answers with the bytes, at the speed of their reader. @throws TooMuchHeld, and the file is closed */
export async function sendPart(ctx: Context, part: FilePart, file: PartSource): Promise<void> {
  const { req, res, traffic } = ctx;
  const length = lengthOf(part);
  const onShort = () => void res.destroy();
  try {
    const { sender } = traffic;
    const socket = sender && file.fd !== undefined && length >= LEAST_BYTES && plainSocketOf(res);
    if (sender && socket && file.fd !== undefined) {
      sendByKernel(ctx, part, {
        sender,
        socket,
        file: file.fd,
        hold: (sent) => void traffic.holdDownload(req, res, length, sent),
        stream: () => file.read({ ...part, chunk: SMALL_CHUNK, onShort }).pipe(res),
        close: () => file.close(),
      });
      return;
    }
    const chunk = traffic.holdDownload(req, res, length);
    ctx.body = file.read({ ...part, chunk, onShort });
    if (length < Infinity) ctx.length = length;
  } catch (error) {
    await file.close();
    throw error;
  }
}

export function lengthOf({ start, end }: FilePart): number {
  return end - start + 1;
}

/** Where firmware and installers want another type than the registry of IANA has, or it has none. */
const typeOfExtension: Readonly<Record<string, string>> = {
  '.ipxe': 'text/plain; charset=utf-8',
  '.sh': 'text/x-shellscript; charset=utf-8',
  '.json': 'application/json',
  '.ign': 'application/json',
  '.yaml': 'application/yaml',
  '.yml': 'application/yaml',
};

export function contentTypeOf(path: string): string {
  const extension = extname(path).toLowerCase();
  return typeOfExtension[extension] ?? (contentType(extension) || 'application/octet-stream');
}

export function validatorsOf({ ino, size, mtimeMs, mtime }: Stats): Validators {
  const parts = [ino, size, Math.round(mtimeMs * 1000)].map((part) => part.toString(36));
  return { etag: `"${parts.join('-')}"`, lastModified: mtime };
}

export type ByteRange =
  | { readonly kind: 'whole' }
  | ({ readonly kind: 'part' } & FilePart)
  | { readonly kind: 'unsatisfiable' };

const whole: ByteRange = { kind: 'whole' };

/**
 * RFC 9110 §14.1.2. More ranges than one, other units and malformed ones are passed over, as the RFC allows: the whole is
 * never wrong.
 */
export function parseRange(header: string | undefined, size: number): ByteRange {
  const match = /^bytes=\s*(\d{0,15})-(\d{0,15})\s*$/i.exec(header ?? '');
  const [, first = '', last = ''] = match ?? [];
  if (!match || (first === '' && last === '')) return whole;
  if (first === '') {
    const length = Math.min(Number(last), size);
    return length === 0 ? { kind: 'unsatisfiable' } : { kind: 'part', start: size - length, end: size - 1 };
  }
  const start = Number(first);
  if (last !== '' && Number(last) < start) return whole;
  if (start >= size) return { kind: 'unsatisfiable' };
  return { kind: 'part', start, end: last === '' ? size - 1 : Math.min(Number(last), size - 1) };
}

/** RFC 9110 §13.2.2: whether the client's copy is still good. By its tag alone where it sends one. */
function isNotModified(
  { 'if-none-match': tags, 'if-modified-since': since }: IncomingHttpHeaders,
  { etag, lastModified }: Validators,
): boolean {
  if (tags !== undefined) {
    const own = etag && withoutWeakness(etag);
    return tags.split(',').some((tag) => tag.trim() === '*' || withoutWeakness(tag.trim()) === own);
  }
  return since !== undefined && lastModified !== undefined && wholeSeconds(lastModified) <= Date.parse(since);
}

function withoutWeakness(tag: string): string {
  return tag.replace(/^W\//, '');
}

/** RFC 9110 §13.1.5: a range is only good for the version that the client has begun. A weak tag does not tell it. */
function isRangeGood(ifRange: string, { etag, lastModified }: Validators): boolean {
  if (ifRange === '') return true;
  if (/^(W\/)?"/.test(ifRange)) return ifRange === etag && ifRange.startsWith('"');
  return lastModified !== undefined && Date.parse(ifRange) === wholeSeconds(lastModified);
}

/** HTTP dates count in seconds. */
function wholeSeconds(time: Date): number {
  return Math.floor(time.getTime() / 1000) * 1000;
}
