import type { Router } from '@koa/router';
import type { RouterContext } from '@koa/router';
import { changeWords } from '../../host/change-words.js';
import { hostToMayuJson } from '../../host/mayu-host-json.js';
import {
  setCabinet,
  setEtcdClusterToken,
  setIpmiAddress,
  setMetadata,
  setOverrides,
  setProviderId,
  type HostAmendment,
} from '../../provision/plan-amendment.js';
import { hostNamed } from '../find-host.js';
import { BadRequest } from '../http-errors.js';
import { parsePartialHost, wantedState, type PartialMayuHost } from '../mayu-bodies.js';
import { operatorOf } from '../operator.js';
import { readBody } from '../read-body.js';
import type { HttpServices } from '../services.js';

/** Mayu's setters by the name of their request. */
const setters: Readonly<Record<string, (host: PartialMayuHost) => HostAmendment>> = {
  set_metadata: ({ FleetMetadata }) => setMetadata(FleetMetadata ?? []),
  set_provider_id: ({ ProviderId }) => setProviderId(ProviderId ?? ''),
  set_ipmi_addr: ({ IPMIAddr }) => setIpmiAddress(IPMIAddr ?? ''),
  set_cabinet: ({ Cabinet }) => setCabinet(Cabinet ?? 0),
  set_etcd_cluster_token: ({ EtcdClusterToken }) => setEtcdClusterToken(EtcdClusterToken ?? ''),
  override: ({ Overrides }) => {
    const overrides = Object.entries(Overrides ?? {}).map(([name, value]) => [
      name,
      typeof value === 'object' ? value : String(value),
    ]);
    if (overrides.length === 0) throw new BadRequest('nothing to override');
    return setOverrides(Object.fromEntries(overrides));
  },
};

/** What `mayuctl` calls. */
export function addMayuAdminRoutes(router: Router, { store, provisioner }: HttpServices): void {
  router.get('/admin/hosts', (ctx) => {
    ctx.body = [...store.hosts()].sort((a, b) => (a.serial < b.serial ? -1 : 1)).map(hostToMayuJson);
  });

  for (const [request, amendmentOf] of Object.entries(setters)) {
    router.put(`/admin/host/:serial/${request}`, async (ctx) => {
      // Mayu looks the host up before it reads the body.
      const { serial } = hostNamed(store, ctx.params['serial'] ?? '');
      const host = parsePartialHost(await readBody(ctx), request);
      await provisioner.amend(serial, amendmentOf(host), operatorOf(ctx));
      accepted(ctx);
    });
  }

  router.put('/admin/host/:serial/set_state', async (ctx) => {
    const { serial } = hostNamed(store, ctx.params['serial'] ?? '');
    const wanted = wantedState(parsePartialHost(await readBody(ctx), 'set_state'));
    await provisioner.commandState(serial, wanted, operatorOf(ctx));
    accepted(ctx);
  });

  router.put('/admin/host/:serial/mark_fresh', async (ctx) => {
    const { serial } = hostNamed(store, ctx.params['serial'] ?? '');
    await provisioner.commandState(serial, 'configured', operatorOf(ctx), { what: changeWords.fresh });
    accepted(ctx);
  });
}

function accepted(ctx: RouterContext): void {
  ctx.status = 202;
  ctx.body = '';
}
