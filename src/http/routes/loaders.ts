import type { Router } from '@koa/router';
import { NotFound } from '../http-errors.js';
import { sendStatic } from '../send-static.js';
import type { HttpServices } from '../services.js';
import type { SmallFiles } from '../small-files.js';

/** The boot loaders of `paths.tftpRoot`, for firmware that boots by HTTP. */
export function addLoaderRoutes(router: Router, { config }: HttpServices, memory: SmallFiles): void {
  router.get('/tftp/*file', async (ctx) => {
    if (!(await sendStatic(ctx, config().paths.tftpRoot, 1, memory))) throw new NotFound(ctx.path);
  });
}
