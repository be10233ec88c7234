import type { Router } from '@koa/router';
import { openInside } from '../../images/resolve-inside.js';
import { NotFound } from '../http-errors.js';
import { pathSegments } from '../path-segments.js';
import { sendFile } from '../send-file.js';
import type { HttpServices } from '../services.js';
import type { SmallFiles } from '../small-files.js';

/** The boot loaders of `paths.tftpRoot`, for firmware that boots by HTTP. */
export function addLoaderRoutes(router: Router, { config }: HttpServices, memory: SmallFiles): void {
  router.get('/tftp/*file', async (ctx) => {
    const file = await openInside(config().paths.tftpRoot, pathSegments(ctx.path)?.slice(1) ?? []);
    if (!file) throw new NotFound(ctx.path);
    await sendFile(ctx, file, memory);
  });
}
