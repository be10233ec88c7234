import type { Router } from '@koa/router';
import type { StoreHealth } from '../../host/host-store.js';
import type { HttpServices } from '../services.js';

/** For those who watch imago itself. */
export function addOperationsRoutes(
  router: Router,
  { leases, metrics, provisioner, otherAlarms = () => [], store, version }: HttpServices,
): void {
  const state = (): StoreHealth => {
    const { isWritable, troubles } = store.health();
    const ofLeases = leases.trouble();
    return ofLeases === undefined
      ? { isWritable, troubles }
      : { isWritable: false, troubles: [...troubles, ofLeases] };
  };

  /** Red while changes or leases cannot be recorded: machines that are known are served on, but an operator is needed. */
  router.get('/health', (ctx) => {
    const { isWritable, troubles } = state();
    ctx.status = isWritable ? 200 : 503;
    const alarms = otherAlarms();
    ctx.body = {
      healthy: isWritable,
      version,
      ...(!isWritable && { troubles }),
      ...(alarms.length > 0 && { alarms }),
    };
  });

  /** Alarms do not make it unready: known machines are served all the same. A store that cannot record does. */
  router.get('/ready', (ctx) => {
    const { isWritable, troubles } = state();
    ctx.status = isWritable ? 200 : 503;
    ctx.body = {
      ready: isWritable,
      troubles,
      hosts: store.size,
      freeAddresses: provisioner.freeAddresses(),
      alarms: [...provisioner.alarms(), ...otherAlarms()],
    };
  });

  router.get('/metrics', async (ctx) => {
    const body = await metrics.registry.metrics();
    ctx.set('Content-Type', metrics.registry.contentType);
    ctx.body = body;
  });
}
