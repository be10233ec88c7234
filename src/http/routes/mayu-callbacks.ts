import type { Router } from '@koa/router';
import { arrivalOfSerial, askingAddress } from '../identity.js';
import { bootReportOf, parsePartialHost } from '../mayu-bodies.js';
import { readBody } from '../read-body.js';
import type { HttpServices } from '../services.js';

/** What machines report themselves; Mayu put it among the operators' calls. */
export function addMayuCallbackRoutes(router: Router, { provisioner, store, leases }: HttpServices): void {
  const who = { fleet: store, leases };

  router.put('/admin/host/:serial/set_installed', async (ctx) => {
    const { serial } = arrivalOfSerial(ctx.params['serial'] ?? '', askingAddress(ctx.req), who);
    await provisioner.reportInstalled(serial);
    ctx.status = 202;
    ctx.body = '';
  });

  router.put('/admin/host/:serial/boot_complete', async (ctx) => {
    const { serial } = arrivalOfSerial(ctx.params['serial'] ?? '', askingAddress(ctx.req), who);
    const body = await readBody(ctx.req);
    const host = parsePartialHost(body.trim() === '' ? '{}' : body, 'boot_complete');
    await provisioner.reportBooted(serial, bootReportOf(host));
    ctx.status = 202;
    ctx.body = '';
  });
}
