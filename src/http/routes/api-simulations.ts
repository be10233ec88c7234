import type { Router } from '@koa/router';
import { SimulationCommand, type Simulation } from '../../api/simulation.js';
import { bodyAs } from '../parse-request.js';
import type { HttpServices } from '../services.js';
import { simulateBoot } from '../simulation/simulate-boot.js';

/** How the boot of a machine would go; nothing comes of it. */
export function addSimulationRoutes(router: Router, services: HttpServices): void {
  router.post('/api/v1/simulations', async (ctx) => {
    const simulation: Simulation = await simulateBoot(await bodyAs(SimulationCommand, ctx), services);
    ctx.body = simulation;
  });
}
