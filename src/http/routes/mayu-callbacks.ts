import type { Router } from '@koa/router';
import { arrivalOfSerial, askerOf, askingAddress, whoKnows } from '../identity.js';
import { LEFT_OUT, parseBootReport } from '../machine-report.js';
import { readBody } from '../read-body.js';
import type { HttpServices } from '../services.js';

/** What machines report themselves; Mayu put it among the operators' calls. */
export function addMayuCallbackRoutes(router: Router, services: HttpServices): void {
  const { provisioner, leases, logger } = services;

  router.put('/admin/host/:serial/set_installed', async (ctx) => {
    const { serial } = arrivalOfSerial(
      ctx.params['serial'] ?? '',
      askingAddress(ctx.req),
      whoKnows(services),
    );
    await provisioner.reportInstalled(serial, askerOf(ctx.req, leases));
    ctx.status = 202;
    ctx.body = '';
  });

  router.put('/admin/host/:serial/boot_complete', async (ctx) => {
    const { serial } = arrivalOfSerial(
      ctx.params['serial'] ?? '',
      askingAddress(ctx.req),
      whoKnows(services),
    );
    const { report, faults } = parseBootReport(await readBody(ctx));
    if (faults.length > 0) logger.warn({ serial, faults }, LEFT_OUT);
    await provisioner.reportBooted(serial, report, askerOf(ctx.req, leases));
    ctx.status = 202;
    ctx.body = '';
  });
}
