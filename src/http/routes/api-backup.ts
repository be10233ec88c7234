import type { Router } from '@koa/router';
import { endWhenSlow } from '../end-when-slow.js';
import type { HttpServices } from '../services.js';

/** The cluster as a file: an archive of its repository, as it stands at one moment. */
export function addBackupRoutes(router: Router, { backups, config }: HttpServices): void {
  router.get('/api/v1/backup', async (ctx) => {
    const { head, bytes, content } = await backups.make();
    ctx.attachment(`${config().cluster}-${head.slice(0, 10)}.tar`);
    ctx.type = 'application/x-tar';
    ctx.length = bytes;
    ctx.set('X-Imago-Commit', head);
    endWhenSlow(ctx.res);
    ctx.body = content;
  });
}
