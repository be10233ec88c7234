import type { Readable } from 'node:stream';
import type { Context } from 'koa';
import type { MirroredFile } from '../../images/mirrored-file.js';
import type { Handlers } from '../call.js';
import { parseRange } from '../byte-range.js';
import { contentTypeOf } from '../content-type.js';
import { NotFound } from '../http-errors.js';
import { pathSegments } from '../path-segments.js';
import type { HttpServices } from '../services.js';

/** `/mirror/<name>/<path>`: files of other servers, fetched once. */
export function mirrorHandlers({ stock }: Pick<HttpServices, 'stock'>) {
  return {
    async mirror({ ctx, path: asked }) {
      const [name, ...path] = pathSegments(asked)?.slice(1) ?? [];
      if (name === undefined) throw new NotFound(asked);
      const file = await stock.mirror.open(name, path);
      ctx.type = contentTypeOf(asked);
      const part = answerHead(ctx, file);
      if (!part) {
        await file.close();
        return;
      }
      ctx.body = await streamOf(file, ctx, part);
      if (part.length !== undefined) ctx.length = part.length;
    },
  } satisfies Partial<Handlers>;
}

/** @throws TooMuchHeld, and the file is closed */
async function streamOf(file: MirroredFile, ctx: Context, part: Part): Promise<Readable> {
  const { res: response, traffic } = ctx;
  try {
    const chunk = traffic.holdDownload(ctx.req, response, part.length ?? Infinity);
    return file.read({ start: part.start, end: part.end, chunk, onShort: () => void response.destroy() });
  } catch (error) {
    await file.close();
    throw error;
  }
}

interface Part {
  readonly start: number;
  readonly end?: number;
  readonly length?: number;
}

/** Status and headers; which bytes follow, or undefined for none. While nobody knows the size, all of them. */
function answerHead(ctx: Context, { size }: MirroredFile): Part | undefined {
  if (size === undefined) {
    ctx.status = 200;
    return ctx.method === 'HEAD' ? undefined : { start: 0 };
  }
  ctx.set('Accept-Ranges', 'bytes');
  const range = parseRange(ctx.get('range') || undefined, size);
  if (range.kind === 'unsatisfiable') {
    ctx.status = 416;
    ctx.set('Content-Range', `bytes */${size}`);
    ctx.body = 'the range begins after the end of the file';
    return undefined;
  }
  const [start, end] = range.kind === 'part' ? [range.start, range.end] : [0, size - 1];
  ctx.status = range.kind === 'part' ? 206 : 200;
  if (range.kind === 'part') ctx.set('Content-Range', `bytes ${start}-${end}/${size}`);
  const length = end - start + 1;
  if (ctx.method !== 'HEAD' && length > 0) return { start, end, length };
  ctx.body = Buffer.alloc(0);
  ctx.length = length;
  return undefined;
}
