import type { Context } from 'koa';
import { findHost } from '../../access/find-host.js';
import { defaultOsVersion, osVersionOf } from '../../host/os-version.js';
import type { Handlers } from '../call.js';
import { NotFound } from '../http-errors.js';
import { pathSegments } from '../request-target.js';
import { sendFile } from '../send-file.js';
import type { HttpServices } from '../services.js';
import type { SmallFiles } from '../small-files.js';

/** `/images/<file>` of the default version, `/images/<serial>/<file>` of the version of that host. */
export function bootFileHandlers(
  { images, config, store }: Pick<HttpServices, 'images' | 'config' | 'store'>,
  memory: SmallFiles,
) {
  return {
    defaultImage: ({ ctx, path }) => serve(ctx, path, defaultOsVersion(config()), 1),
    imageOfHost({ ctx, path, params: { serial } }) {
      const host = findHost(store, serial);
      return serve(ctx, path, host ? osVersionOf(host, config()) : defaultOsVersion(config()), 2);
    },
  } satisfies Partial<Handlers>;

  async function serve(ctx: Context, path: string, version: string | undefined, skip: number): Promise<void> {
    const segments = pathSegments(path)?.slice(skip);
    if (segments === undefined || version === undefined) throw new NotFound(path);
    const name = await images.path(version, segments);
    if (name === undefined) throw new NotFound(path);
    await sendFile(ctx, { name, open: () => images.open(version, segments) }, memory);
  }
}
