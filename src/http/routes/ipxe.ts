import type { Router } from '@koa/router';
import { identify } from '../../host/host-identity.js';
import { platformOfIpxe } from '../../host/platform.js';
import { NewHostRefused } from '../../provision/new-host-refused.js';
import { askerOf, claimOfQuery, single } from '../identity.js';
import { renderBootScript, renderFirstScript } from '../render-for-host.js';
import type { HttpServices } from '../services.js';

/** iPXE's own way in: `/boot.ipxe` makes the firmware name itself to `/ipxe`, which answers what this machine boots. */
export function addIpxeRoutes(router: Router, services: HttpServices): void {
  const { provisioner, platforms, leases, stuck, logger } = services;

  router.get('/boot.ipxe', (ctx) => {
    ctx.body = renderFirstScript(services).text;
  });

  router.get('/ipxe', async (ctx) => {
    const arrival = identify(claimOfQuery(ctx.query));
    const { host, obstacle } = await provisioner.arrive(arrival, askerOf(ctx.req, leases));
    const firmware = { platform: single(ctx.query['platform']), arch: single(ctx.query['arch']) };
    if (!obstacle) platforms.saw(host.serial, platformOfIpxe(firmware.platform));
    const { decision, text } = await renderBootScript(host, firmware, obstacle, services);
    // A machine that is told to wait asks again and again: that is no loop.
    if (decision.kind !== 'wait') stuck.booted(host.serial);
    const level = obstacle instanceof NewHostRefused ? 'debug' : 'info';
    logger[level]({ serial: host.serial, state: host.state, ...decision }, 'boot script');
    ctx.body = text;
  });
}
