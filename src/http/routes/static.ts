import type { Context, Middleware, Next } from 'koa';
import { pathSegments } from '../path-segments.js';
import { sendStatic } from '../send-static.js';
import type { HttpServices } from '../services.js';
import type { SmallFiles } from '../small-files.js';

/** Files of the static folders, for every path that nobody else knows; the first folder that has one wins. */
export function serveStatic({ config }: HttpServices, memory: SmallFiles): Middleware {
  return async (ctx: Context, next: Next) => {
    if (ctx.method === 'GET' || ctx.method === 'HEAD') {
      const segments = pathSegments(ctx.path) ?? [];
      for (const folder of config().paths.static) {
        if (await sendStatic(ctx, folder, segments, memory)) return;
      }
    }
    await next();
  };
}
