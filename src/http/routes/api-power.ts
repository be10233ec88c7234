import { hostNamed } from '../../access/find-host.js';
import { requireUnlocked } from '../../host/lock.js';
import type { Handlers } from '../call.js';
import type { HttpServices } from '../services.js';

/** The machines' power, through their BMCs. Not a change of the record: the log says who did it. */
export function powerHandlers({ store, power, logger }: Pick<HttpServices, 'store' | 'power' | 'logger'>) {
  const named = ({ serial }: { readonly serial: string }) => hostNamed(store, serial);
  /** Who locked it is told before what is missing to reach its BMC. @throws HostLocked */
  const unlocked = (params: { readonly serial: string }) => {
    const host = named(params);
    requireUnlocked(host);
    return host;
  };
  return {
    async getPower({ ctx, params }) {
      const { serial } = named(params);
      ctx.set('Cache-Control', 'no-store');
      return { serial, power: await power.of(serial).status() };
    },
    async setPower(call) {
      const { serial } = unlocked(call.params);
      const { action } = await call.body();
      await power.of(serial).perform(action);
      logger.info({ serial, action, operator: call.caller.name }, 'power command');
      return { serial, action };
    },
    async setBootDevice(call) {
      const { serial } = unlocked(call.params);
      const { device, persistent, uefi } = await call.body();
      await power.of(serial).setBootDevice(device, { persistent, ...(uefi !== undefined && { uefi }) });
      logger.info({ serial, device, persistent, operator: call.caller.name }, 'boot device set');
      return { serial, device, persistent };
    },
    async getInventory({ params }) {
      const { serial } = named(params);
      const { macAddresses, ...inventory } = await power.of(serial).inventory();
      const macs = macAddresses && { macAddresses: [...macAddresses] };
      return { serial, inventory: { ...inventory, ...macs } };
    },
  } satisfies Partial<Handlers>;
}
