import type { Operator } from '../../access/caller.js';
import { mayDo } from '../../api/role.js';
import type { StoreHealth } from '../../host/host-store.js';
import type { Handlers } from '../call.js';
import type { HttpServices } from '../services.js';

type Ports = Pick<HttpServices, 'leases' | 'metrics' | 'provisioner' | 'otherAlarms' | 'store' | 'version'>;

/** Troubles and alarms name machines, their cards and files: who proves nothing is told whether all is well, and no more. */
function mayRead({ by, role }: Operator): boolean {
  return by !== 'nothing' && mayDo(role, 'read');
}

/** For those who watch imago itself. */
export function operationsHandlers({
  leases,
  metrics,
  provisioner,
  otherAlarms = () => [],
  store,
  version,
}: Ports) {
  const state = (): StoreHealth => {
    const { isWritable, troubles } = store.health();
    const ofLeases = leases.trouble();
    return ofLeases === undefined
      ? { isWritable, troubles }
      : { isWritable: false, troubles: [...troubles, ofLeases] };
  };
  return {
    /** Red while changes or leases cannot be recorded: machines that are known are served on, but an operator is needed. */
    health({ ctx, caller }) {
      const { isWritable, troubles } = state();
      ctx.status = isWritable ? 200 : 503;
      if (!mayRead(caller)) return { healthy: isWritable };
      const alarms = otherAlarms();
      return {
        healthy: isWritable,
        version,
        ...(!isWritable && { troubles }),
        ...(alarms.length > 0 && { alarms }),
      };
    },
    /** Alarms do not make it unready: known machines are served all the same. A store that cannot record does. */
    ready({ ctx, caller }) {
      const { isWritable, troubles } = state();
      ctx.status = isWritable ? 200 : 503;
      if (!mayRead(caller)) return { ready: isWritable };
      return {
        ready: isWritable,
        troubles,
        hosts: store.size,
        freeAddresses: provisioner.freeAddresses(),
        alarms: [...provisioner.alarms(), ...otherAlarms()],
      };
    },
    async metrics({ ctx }) {
      const body = await metrics.registry.metrics();
      ctx.set('Content-Type', metrics.registry.contentType);
      return body;
    },
  } satisfies Partial<Handlers>;
}
