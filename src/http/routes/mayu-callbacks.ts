import type { Router } from '@koa/router';
import { arrivalOfSerial, askerOf, whoKnows } from '../identity.js';
import { clientOf } from '../../provision/new-host-gate.js';
import { LEFT_OUT, parseBootReport } from '../machine-report.js';
import { clientLog } from '../client-log.js';
import { readBody } from '../read-body.js';
import type { HttpServices } from '../services.js';

/** What machines report themselves; Mayu put it among the operators' calls. */
export function addMayuCallbackRoutes(router: Router, services: HttpServices): void {
  const { provisioner, leases } = services;
  const log = clientLog(services);

  router.put('/admin/host/:serial/set_installed', async (ctx) => {
    const asker = askerOf(ctx.req, leases);
    const { serial } = arrivalOfSerial(ctx.params['serial'] ?? '', asker.address, whoKnows(services));
    await provisioner.reportInstalled(serial, asker);
    ctx.status = 202;
    ctx.body = '';
  });

  router.put('/admin/host/:serial/boot_complete', async (ctx) => {
    const asker = askerOf(ctx.req, leases);
    const { serial } = arrivalOfSerial(ctx.params['serial'] ?? '', asker.address, whoKnows(services));
    const { report, faults } = parseBootReport(await readBody(ctx));
    if (faults.length > 0) log('warn', clientOf(asker), LEFT_OUT, { serial, faults }, LEFT_OUT);
    await provisioner.reportBooted(serial, report, asker);
    ctx.status = 202;
    ctx.body = '';
  });
}
