import type { Router } from '@koa/router';
import type { RouterContext } from '@koa/router';
import { defaultOsVersion, osVersionOf } from '../../host/os-version.js';
import { findHost } from '../find-host.js';
import { NotFound } from '../http-errors.js';
import { pathSegments } from '../path-segments.js';
import { sendFile } from '../send-file.js';
import type { HttpServices } from '../services.js';
import type { SmallFiles } from '../small-files.js';

/** `/images/<file>` of the default version, `/images/<serial>/<file>` of the version of that host. */
export function addImageRoutes(router: Router, services: HttpServices, memory: SmallFiles): void {
  const { images, config, store } = services;

  router.get('/images/:file', (ctx) => serve(ctx, defaultOsVersion(config()), 1));

  router.get('/images/:serial/*file', (ctx) => {
    const host = findHost(store, ctx.params['serial'] ?? '');
    return serve(ctx, host ? osVersionOf(host, config()) : defaultOsVersion(config()), 2);
  });

  async function serve(ctx: RouterContext, version: string | undefined, skip: number): Promise<void> {
    const segments = pathSegments(ctx.path)?.slice(skip);
    if (segments === undefined || version === undefined) throw new NotFound(ctx.path);
    const name = await images.path(version, segments);
    if (name === undefined) throw new NotFound(ctx.path);
    await sendFile(ctx, { name, open: () => images.open(version, segments) }, memory);
  }
}
