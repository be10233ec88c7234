import { hostNamed } from '../../access/find-host.js';
import { RenderedKind, renderedKinds, type RenderedQuery } from '../../api/rendered.js';
import { firmwareClients, ipxePlatform } from '../../dhcp/policy/simulated-client.js';
import type { Host } from '../../host/host.js';
import type { Handlers } from '../call.js';
import { explain } from '../explain.js';
import { BadRequest } from '../http-errors.js';
import { previewDocument } from '../render-document.js';
import { renderBootScript } from '../render-for-host.js';
import type { PreviewPorts } from '../services.js';
import { simulateBoot } from '../simulation/simulate-boot.js';

/** Shows operators what a machine would get and why, made by the same functions. Nothing comes of it. */
export function previewHandlers(services: PreviewPorts) {
  return {
    async getRendered(call) {
      const host = hostNamed(services.store, call.params.serial);
      const what = RenderedKind.safeParse(call.params.what);
      if (!what.success) throw new BadRequest(`what is rendered is one of ${renderedKinds.join(', ')}`);
      const { template, text } = await render(what.data, host, call.query(), services);
      return { what: what.data, template, text };
    },
    explain: (call) => explain(call.params.name, call.query(), services),
    simulateBoot: async (call) => simulateBoot(await call.body(), services),
  } satisfies Partial<Handlers>;
}

function render(what: RenderedKind, host: Host, query: RenderedQuery, services: PreviewPorts) {
  if (what === 'ipxe') return renderBootScript(host, platformOf(query), undefined, services);
  return previewDocument(what, host, services);
}

function platformOf({ firmware, platform, arch }: RenderedQuery) {
  const said = ipxePlatform(firmwareClients[firmware ?? platform ?? 'bios'].architecture);
  return { ...said, ...(arch !== undefined && { arch }) };
}
