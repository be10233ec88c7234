import type { Stats } from 'node:fs';
import type { Readable } from 'node:stream';
import type { Context } from 'koa';
import { fileStream } from '../images/file-stream.js';
import type { OpenFile } from '../files/open-inside.js';
import { parseRange } from './byte-range.js';
import { contentTypeOf } from './content-type.js';
import type { SmallFiles } from './small-files.js';
import { isNotModified, isRangeGood, validatorsOf } from './validators.js';

/** A file by the path that it is asked for, and how to open it where that path may be followed. */
export interface WantedFile {
  readonly name: string;
  readonly open: () => Promise<OpenFile | undefined>;
}

/**
 * Answers with a file, whole or the one range that is asked for, and sees to it that it is closed.
 * @returns false when there is none.
 */
export async function sendFile(
  ctx: Context,
  { name, open }: WantedFile,
  memory: SmallFiles,
): Promise<boolean> {
  const known = await memory.unchanged(name);
  if (known) {
    const part = answerHead(ctx, name, known.stats);
    if (part) ctx.body = known.bytes.subarray(part.start, part.end + 1);
    return true;
  }
  const file = await open();
  if (!file) return false;
  const part = answerHead(ctx, name, file.stats);
  if (!part) {
    await file.handle.close();
    return true;
  }
  const small = await memory.read(name, file);
  ctx.body = small ? small.bytes.subarray(part.start, part.end + 1) : await streamOf(file, ctx, part);
  ctx.length = part.end - part.start + 1;
  return true;
}

interface Part {
  readonly start: number;
  /** Included. */
  readonly end: number;
}

/** Status and headers; which bytes are to follow, or undefined when none are. */
function answerHead(ctx: Context, name: string, stats: Stats): Part | undefined {
  const validators = validatorsOf(stats);
  ctx.set('ETag', validators.etag);
  ctx.set('Last-Modified', validators.lastModified.toUTCString());
  ctx.set('Accept-Ranges', 'bytes');
  const conditions = {
    ifNoneMatch: header(ctx, 'if-none-match'),
    ifModifiedSince: header(ctx, 'if-modified-since'),
    ifRange: header(ctx, 'if-range'),
  };
  if (isNotModified(conditions, validators)) {
    ctx.status = 304;
    return undefined;
  }
  const range = parseRange(
    isRangeGood(conditions, validators) ? header(ctx, 'range') : undefined,
    stats.size,
  );
  if (range.kind === 'unsatisfiable') {
    ctx.status = 416;
    ctx.set('Content-Range', `bytes */${stats.size}`);
    ctx.body = 'the range begins after the end of the file';
    return undefined;
  }
  const part = range.kind === 'part' ? range : { start: 0, end: stats.size - 1 };
  const length = part.end - part.start + 1;
  ctx.status = range.kind === 'part' ? 206 : 200;
  if (range.kind === 'part') ctx.set('Content-Range', `bytes ${part.start}-${part.end}/${stats.size}`);
  ctx.type = contentTypeOf(name);
  if (ctx.method === 'HEAD' || length === 0) {
    ctx.body = Buffer.alloc(0);
    ctx.length = length;
    return undefined;
  }
  return part;
}

/** @throws TooMuchHeld, and the file is closed */
async function streamOf({ handle }: OpenFile, ctx: Context, { start, end }: Part): Promise<Readable> {
  const { res: response, traffic } = ctx;
  try {
    const chunk = traffic.holdDownload(ctx.req, response, end - start + 1);
    return fileStream(handle, { start, end, chunk, onShort: () => void response.destroy() });
  } catch (error) {
    await handle.close();
    throw error;
  }
}

function header(ctx: Context, name: string): string | undefined {
  return ctx.get(name) || undefined;
}
