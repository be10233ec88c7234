import type { Router } from '@koa/router';
import { platformOfIpxe } from '../../host/platform.js';
import { clientLog } from '../client-log.js';
import { clientOf } from '../../provision/new-host-gate.js';
import { NewHostRefused } from '../../provision/new-host-refused.js';
import { arrivalOfClaim, askerOf, claimOfQuery, nicsOfQuery, single } from '../identity.js';
import { renderBootScript, renderFirstScript } from '../render-for-host.js';
import type { HttpServices } from '../services.js';
import { sharedUuidLog } from '../shared-uuid-log.js';

/** iPXE's own way in: `/boot.ipxe` makes the firmware name itself to `/ipxe`, which answers what this machine boots. */
export function addIpxeRoutes(router: Router, services: HttpServices): void {
  const { config, store, provisioner, platforms, leases, stuck, logger } = services;
  const log = clientLog(services);
  const noteUuid = sharedUuidLog(logger);

  router.get('/boot.ipxe', (ctx) => {
    ctx.body = renderFirstScript(services).text;
  });

  router.get('/ipxe', async (ctx) => {
    const asker = askerOf(ctx.req, leases);
    const claim = claimOfQuery(ctx.query);
    noteUuid({ ...claim, mac: asker.leasedTo ?? claim.mac });
    const identity = arrivalOfClaim(claim, asker, store, config().machines.identity);
    const arrival = { ...identity, otherMacs: nicsOfQuery(ctx.query) };
    const { host, obstacle } = await provisioner.arrive(arrival, asker);
    const firmware = { platform: single(ctx.query['platform']), arch: single(ctx.query['arch']) };
    if (!obstacle) platforms.saw(host.serial, platformOfIpxe(firmware.platform));
    const { decision, text } = await renderBootScript(host, firmware, obstacle, services);
    // A machine that is told to wait asks again and again: that is no loop.
    if (decision.kind !== 'wait') stuck.booted(host.serial);
    const facts = { serial: host.serial, state: host.state, ...decision };
    if (obstacle instanceof NewHostRefused) logger.debug(facts, 'boot script');
    else log('info', asker.isServer ? host.serial : clientOf(asker), 'boot script', facts, 'boot script');
    ctx.body = text;
  });
}
