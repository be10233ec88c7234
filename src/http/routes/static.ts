import type { Context } from 'koa';
import { pathSegments } from '../request-target.js';
import { sendStatic } from '../send-file.js';
import type { HttpServices } from '../services.js';
import type { SmallFiles } from '../small-files.js';

/** Files of the static folders, for every path that nobody else knows; the first folder that has one wins. */
export function staticFiles({ config }: Pick<HttpServices, 'config'>, memory: SmallFiles) {
  return async (ctx: Context, path: string): Promise<boolean> => {
    if (ctx.method !== 'GET' && ctx.method !== 'HEAD') return false;
    const segments = pathSegments(path) ?? [];
    for (const folder of config().paths.static) {
      if (await sendStatic(ctx, folder, segments, memory)) return true;
    }
    return false;
  };
}
