import type { Router, RouterContext } from '@koa/router';
import {
  BootDeviceCommand,
  PowerCommand,
  type BootDeviceDone,
  type Inventory,
  type PowerDone,
  type PowerState,
} from '../../api/power.js';
import { requireUnlocked } from '../../host/lock.js';
import { hostNamed } from '../find-host.js';
import { operatorOf } from '../operator.js';
import { bodyAs } from '../parse-request.js';
import type { HttpServices } from '../services.js';

/** The machines' power, through their BMCs. Not a change of the record: the log says who did it. */
export function addPowerRoutes(router: Router, { store, power, logger }: HttpServices): void {
  router.get('/api/v1/hosts/:serial/power', async (ctx) => {
    const { serial } = named(ctx);
    ctx.set('Cache-Control', 'no-store');
    ctx.body = { serial, power: await power.of(serial).status() } satisfies PowerState;
  });

  router.post('/api/v1/hosts/:serial/power', async (ctx) => {
    const { serial } = unlocked(ctx);
    const { action } = await bodyAs(PowerCommand, ctx);
    await power.of(serial).perform(action);
    logger.info({ serial, action, operator: operatorOf(ctx).name }, 'power command');
    ctx.body = { serial, action } satisfies PowerDone;
  });

  router.post('/api/v1/hosts/:serial/boot-device', async (ctx) => {
    const { serial } = unlocked(ctx);
    const { device, persistent, uefi } = await bodyAs(BootDeviceCommand, ctx);
    await power.of(serial).setBootDevice(device, { persistent, ...(uefi !== undefined && { uefi }) });
    logger.info({ serial, device, persistent, operator: operatorOf(ctx).name }, 'boot device set');
    ctx.body = { serial, device, persistent } satisfies BootDeviceDone;
  });

  router.get('/api/v1/hosts/:serial/inventory', async (ctx) => {
    const { serial } = named(ctx);
    const { macAddresses, ...inventory } = await power.of(serial).inventory();
    const macs = macAddresses && { macAddresses: [...macAddresses] };
    ctx.body = { serial, inventory: { ...inventory, ...macs } } satisfies Inventory;
  });

  /** Who locked it is told before what is missing to reach its BMC. @throws HostLocked */
  function unlocked(ctx: RouterContext) {
    const host = named(ctx);
    requireUnlocked(host);
    return host;
  }

  function named(ctx: RouterContext) {
    return hostNamed(store, ctx.params['serial'] ?? '');
  }
}
