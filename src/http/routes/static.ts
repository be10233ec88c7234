import type { Context, Middleware, Next } from 'koa';
import { openInside } from '../../images/resolve-inside.js';
import { pathSegments } from '../path-segments.js';
import { sendFile } from '../send-file.js';
import type { HttpServices } from '../services.js';
import type { SmallFiles } from '../small-files.js';

/** Files of the static folders, for every path that nobody else knows; the first folder that has one wins. */
export function serveStatic({ config }: HttpServices, memory: SmallFiles): Middleware {
  return async (ctx: Context, next: Next) => {
    const segments = ctx.method === 'GET' || ctx.method === 'HEAD' ? pathSegments(ctx.path) : undefined;
    if (segments !== undefined && !segments.some((segment) => segment.startsWith('.'))) {
      for (const folder of config().paths.static) {
        const file = await openInside(folder, segments);
        if (file) return sendFile(ctx, file, memory);
      }
    }
    return next();
  };
}
