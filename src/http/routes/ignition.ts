import type { OtherEndpoints } from '../../api/other-endpoints.js';
import type { Handler, Handlers } from '../call.js';
import { handOut, type HandOutPorts } from '../hand-out.js';
import { WrongMode } from '../http-errors.js';
import { profileOf } from '../profile-of.js';
import { previewDocument } from '../render-document.js';
import type { HttpServices } from '../services.js';

type Ports = HandOutPorts & Pick<HttpServices, 'provisioner'>;

/** What the Ignition of a machine fetches that boots with the URL of its configuration on the kernel line. */
export function ignitionHandlers(ports: Ports) {
  return {
    ignition: configuration('ignition', ports),
    installerIgnition: configuration('installer', ports),
  } satisfies Partial<Handlers>;
}

/** A HEAD records nothing, and hands nothing out. Ignition asks again until it has its answer: that is safe. */
function configuration(
  document: 'ignition' | 'installer',
  ports: Ports,
): Handler<OtherEndpoints['ignition' | 'installerIgnition']> {
  const { provisioner, config } = ports;
  return async ({ ctx, params, caller }) => {
    const arrival = caller.named(params.serial);
    const { host, obstacle, isProven } = provisioner.previewInstallation(arrival, { netDevs: [] }, caller);
    const profile = profileOf(host, config());
    if (profile?.mode === 'two-stage') throw new WrongMode(host.serial, profile.name, profile.mode);
    if (ctx.method === 'HEAD' && !obstacle) {
      ctx.type = 'application/json';
      return (await previewDocument(document, host, ports)).text;
    }
    const planned = obstacle ? undefined : host;
    const record = () => provisioner.startInstallation(arrival, { netDevs: [] }, caller);
    return handOut(ctx, { document, caller, isProven, type: 'application/json', planned, record }, ports);
  };
}
