import { isDeepStrictEqual } from 'node:util';
import type { Router, RouterContext } from '@koa/router';
import type { Host } from '../../host/host.js';
import { arrivalOfSerial, askerOf, askingAddress, whoKnows } from '../identity.js';
import { profileOf } from '../profile-of.js';
import { renderConfiguration, renderInstaller, type Rendered, type Renderers } from '../render-for-host.js';
import type { HttpServices } from '../services.js';
import { WrongMode } from '../wrong-mode.js';

/** What the Ignition of a machine fetches that boots with the URL of its configuration on the kernel line. */
export function addIgnitionRoutes(router: Router, services: HttpServices): void {
  router.get('/ignition/:serial', configurationBy(renderFinal, services));
  router.get('/ignition/:serial/installer', configurationBy(renderInstaller, services));
}

function renderFinal(host: Host, renderers: Renderers): Promise<Rendered> {
  return renderConfiguration('ignition', host, renderers);
}

/** Rendered before anything is recorded; a HEAD records nothing. Ignition asks again until it has its answer: that is safe. */
function configurationBy(
  render: (host: Host, renderers: Renderers) => Promise<Rendered>,
  services: HttpServices,
) {
  const { provisioner, leases, config } = services;
  return async (ctx: RouterContext): Promise<void> => {
    const arrival = arrivalOfSerial(ctx.params['serial'] ?? '', askingAddress(ctx.req), whoKnows(services));
    const asker = askerOf(ctx.req, leases);
    const planned = provisioner.previewInstallation(arrival, { netDevs: [] }, asker);
    const profile = profileOf(planned.host, config());
    if (profile?.mode === 'two-stage') throw new WrongMode(planned.host.serial, profile.name, profile.mode);
    const rendered = planned.obstacle ? undefined : await render(planned.host, services);
    const host =
      ctx.method === 'HEAD' && rendered !== undefined
        ? planned.host
        : await provisioner.startInstallation(arrival, { netDevs: [] }, asker);
    const isAsPlanned = rendered !== undefined && isDeepStrictEqual(host, planned.host);
    const { text } = isAsPlanned ? rendered : await render(host, services);
    ctx.type = 'application/json';
    ctx.body = text;
  };
}
