import type { Router } from '@koa/router';
import { pathInside } from '../../files/open-inside.js';
import { withoutMachineFolder } from '../../net/machine-folder.js';
import { contentTypeOf } from '../content-type.js';
import { NotFound } from '../http-errors.js';
import { askingAddress } from '../identity.js';
import { pathSegments } from '../path-segments.js';
import { sendStatic } from '../send-static.js';
import type { HttpServices } from '../services.js';
import type { SmallFiles } from '../small-files.js';

/** What TFTP has, under the same names, for firmware that boots by HTTP: `paths.tftpRoot`, and what is made for the one who asks. */
export function addLoaderRoutes(
  router: Router,
  { config, machineFile, missing }: HttpServices,
  memory: SmallFiles,
): void {
  router.get('/tftp/*file', async (ctx) => {
    const segments = pathSegments(ctx.path)?.slice(1) ?? [];
    const { tftpRoot } = config().paths;
    if (pathInside(tftpRoot, segments) === undefined) throw new NotFound(ctx.path);
    const filename = segments.join('/');
    for (const name of [filename, withoutMachineFolder(filename)]) {
      if (name !== undefined && (await sendStatic(ctx, tftpRoot, name.split('/'), memory))) return;
    }
    const client = askingAddress(ctx.req);
    const made = client && (await machineFile(filename, client));
    if (!made) {
      missing?.(filename, client);
      throw new NotFound(ctx.path);
    }
    ctx.type = contentTypeOf(filename);
    ctx.body = Buffer.from(made);
  });
}
