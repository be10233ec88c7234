import type { Router } from '@koa/router';
import { RenderedKind, RenderedQuery, renderedKinds, type Rendered } from '../../api/rendered.js';
import { firmwareClients, ipxePlatform } from '../../dhcp/policy/simulated-client.js';
import type { Host } from '../../host/host.js';
import { hostNamed } from '../find-host.js';
import { BadRequest } from '../http-errors.js';
import { queryAs } from '../parse-request.js';
import {
  renderBootScript,
  renderConfiguration,
  renderFirstStage,
  renderInstaller,
} from '../render-for-host.js';
import type { HttpServices } from '../services.js';

/** Shows operators what a machine would get, made by the same functions. */
export function addRenderedRoutes(router: Router, services: HttpServices): void {
  router.get('/api/v1/hosts/:serial/rendered/:what', async (ctx) => {
    const host = hostNamed(services.store, ctx.params['serial'] ?? '');
    const what = RenderedKind.safeParse(ctx.params['what']);
    if (!what.success) throw new BadRequest(`what is rendered is one of ${renderedKinds.join(', ')}`);
    const { template, text } = await render(what.data, host, queryAs(RenderedQuery, ctx), services);
    ctx.body = { what: what.data, template, text } satisfies Rendered;
  });
}

function render(what: RenderedKind, host: Host, query: RenderedQuery, services: HttpServices) {
  if (what === 'ipxe') return renderBootScript(host, platformOf(query), undefined, services);
  if (what === 'first-stage') return renderFirstStage(host, services);
  if (what === 'installer') return renderInstaller(host, services);
  return renderConfiguration(what, host, services);
}

function platformOf({ firmware, platform, arch }: RenderedQuery) {
  const said = ipxePlatform(firmwareClients[firmware ?? platform ?? 'bios'].architecture);
  return { ...said, ...(arch !== undefined && { arch }) };
}
