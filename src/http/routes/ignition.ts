import { isDeepStrictEqual } from 'node:util';
import type { Host } from '../../host/host.js';
import type { OtherEndpoints } from '../../api/other-endpoints.js';
import type { Handler, Handlers } from '../call.js';
import { profileOf } from '../profile-of.js';
import { renderConfiguration, renderInstaller, type Rendered, type Renderers } from '../render-for-host.js';
import type { HttpServices } from '../services.js';
import { WrongMode } from '../http-errors.js';

type Ports = Renderers & Pick<HttpServices, 'provisioner'>;

/** What the Ignition of a machine fetches that boots with the URL of its configuration on the kernel line. */
export function ignitionHandlers(ports: Ports) {
  return {
    ignition: configurationBy((host, own) => renderConfiguration('ignition', host, ports, own), ports),
    installerIgnition: configurationBy((host, own) => renderInstaller(host, ports, own), ports),
  } satisfies Partial<Handlers>;
}

/** Rendered before anything is recorded; a HEAD records nothing. Ignition asks again until it has its answer: that is safe. */
function configurationBy(
  renderWith: (host: Host, capability: string | undefined) => Promise<Rendered>,
  { provisioner, config }: Ports,
): Handler<OtherEndpoints['ignition' | 'installerIgnition']> {
  return async ({ ctx, params, caller }) => {
    const render = (host: Host) => renderWith(host, caller.capabilityOf(host.serial));
    const arrival = caller.named(params.serial);
    const planned = provisioner.previewInstallation(arrival, { netDevs: [] }, caller);
    const profile = profileOf(planned.host, config());
    if (profile?.mode === 'two-stage') throw new WrongMode(planned.host.serial, profile.name, profile.mode);
    const rendered = planned.obstacle ? undefined : await render(planned.host);
    const host =
      ctx.method === 'HEAD' && rendered !== undefined
        ? planned.host
        : await provisioner.startInstallation(arrival, { netDevs: [] }, caller);
    const isAsPlanned = rendered !== undefined && isDeepStrictEqual(host, planned.host);
    const { text } = isAsPlanned ? rendered : await render(host);
    ctx.type = 'application/json';
    return text;
  };
}
