import type { Router } from '@koa/router';
import { cleanText } from '../../errors.js';
import { arrivalOfSerial, askerOf, askingAddress, whoKnows } from '../identity.js';
import { BadRequest } from '../http-errors.js';
import { progressPhases } from '../progress-board.js';
import { readBody } from '../read-body.js';
import type { HttpServices } from '../services.js';

const LARGEST_MESSAGE = 4096;

/** How an installer tells what it is at. */
export function addReportRoutes(router: Router, services: HttpServices): void {
  const { provisioner, leases, progress, metrics, logger, clock } = services;

  router.post('/report/:serial/:phase', async (ctx) => {
    const { serial } = arrivalOfSerial(
      ctx.params['serial'] ?? '',
      askingAddress(ctx.req),
      whoKnows(services),
    );
    const phase = progressPhases.find((known) => known === ctx.params['phase']);
    if (phase === undefined) {
      throw new BadRequest(`there is no such phase: use one of ${progressPhases.join(', ')}`);
    }
    provisioner.hear(serial, askerOf(ctx.req, leases));
    const message = cleanText((await readBody(ctx, LARGEST_MESSAGE)).trim());
    progress.put(serial, { phase, message, time: clock() });
    metrics.reported(phase);
    logger[phase === 'failed' ? 'warn' : 'info']({ serial, phase, message }, 'installer reports');
    ctx.status = 204;
  });
}
