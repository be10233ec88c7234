import type { ServerResponse } from 'node:http';
import type { Context } from 'koa';
import type { OpenFile } from '../images/resolve-inside.js';
import { parseRange } from './byte-range.js';
import { contentTypeOf } from './content-type.js';
import type { SmallFiles } from './small-files.js';
import { isNotModified, isRangeGood, validatorsOf } from './validators.js';

const LARGEST_CHUNK = 1 << 20;

/** Answers with a file, whole or the one range that is asked for, and sees to it that it is closed. */
export async function sendFile(ctx: Context, file: OpenFile, memory: SmallFiles): Promise<void> {
  const { stats, handle } = file;
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
    await handle.close();
    ctx.status = 304;
    return;
  }
  const range = parseRange(
    isRangeGood(conditions, validators) ? header(ctx, 'range') : undefined,
    stats.size,
  );
  if (range.kind === 'unsatisfiable') {
    await handle.close();
    ctx.status = 416;
    ctx.set('Content-Range', `bytes */${stats.size}`);
    ctx.body = 'the range begins after the end of the file\n';
    return;
  }
  const start = range.kind === 'part' ? range.start : 0;
  const end = range.kind === 'part' ? range.end : stats.size - 1;
  const length = end - start + 1;
  ctx.status = range.kind === 'part' ? 206 : 200;
  if (range.kind === 'part') ctx.set('Content-Range', `bytes ${start}-${end}/${stats.size}`);
  ctx.type = contentTypeOf(file.path);
  ctx.length = length;
  if (ctx.method === 'HEAD' || length === 0) {
    await handle.close();
    ctx.body = Buffer.alloc(0);
    ctx.length = length;
    return;
  }
  const bytes = await memory.read(file);
  ctx.body = bytes ? bytes.subarray(start, end + 1) : streamOf(file, ctx.res, start, end);
  ctx.length = length;
}

function streamOf({ handle }: OpenFile, response: ServerResponse, start: number, end: number) {
  const length = end - start + 1;
  const stream = handle.createReadStream({ start, end, highWaterMark: Math.min(length, LARGEST_CHUNK) });
  // A file that was cut short meanwhile must not leave the client waiting for the rest.
  stream.once('end', () => {
    if (stream.bytesRead < length) response.destroy();
  });
  return stream;
}

function header(ctx: Context, name: string): string | undefined {
  return ctx.get(name) || undefined;
}
