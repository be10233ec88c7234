import { isDeepStrictEqual } from 'node:util';
import type { OtherEndpoints } from '../../api/other-endpoints.js';
import type { Host } from '../../host/host.js';
import { IllegalTransition, mayBeProvisioned } from '../../host/lifecycle.js';
import { formatIpv4 } from '../../net/ipv4.js';
import { outerAddressesOfThisComputer } from '../../net/own-addresses.js';
import { clientOf } from '../../provision/new-host-gate.js';
import { templateContext } from '../../template/context.js';
import type { Handler, Handlers } from '../call.js';
import { clientLog } from '../client-log.js';
import { LEFT_OUT, parseHardwareReport } from '../machine-report.js';
import { profileOf } from '../profile-of.js';
import { readBody } from '../read-body.js';
import {
  renderAnyonesScript,
  renderConfiguration,
  renderFirstStage,
  type ConfigurationFormat,
  type Renderers,
} from '../render-for-host.js';
import type { HttpServices } from '../services.js';
import { WrongMode } from '../http-errors.js';

type Ports = Renderers & Pick<HttpServices, 'provisioner' | 'logger' | 'reach'>;

/** What Mayu's first stage and its installer fetch. */
export function mayuBootHandlers(ports: Ports & Pick<HttpServices, 'version'>) {
  const { config, provisioner, templates } = ports;
  return {
    /** Install scripts loop until this prints something. */
    greet: () => `this is imago ${ports.version}\n`,
    mayuBootScript: () => renderAnyonesScript(ports).text,
    async firstStage({ ctx, params, caller }) {
      const { host, obstacle } = await provisioner.arrive(caller.named(params.serial), caller);
      if (obstacle) throw obstacle;
      if (!mayBeProvisioned(host.state)) throw new IllegalTransition(host.state, 'installing');
      const profile = profileOf(host, config());
      if (profile && profile.mode !== 'two-stage')
        throw new WrongMode(host.serial, profile.name, profile.mode);
      const { text } = await renderFirstStage(host, ports, caller.capabilityOf(host.serial));
      ctx.type = 'text/x-shellscript; charset=utf-8';
      return text;
    },
    hostinfoHelper({ ctx }) {
      ctx.type = 'text/x-shellscript; charset=utf-8';
      return templates.render('hostinfo-helper.sh', templateContext({ config: config() }));
    },
    finalIgnition: finalConfiguration('ignition', ports),
    finalCloudConfig: finalConfiguration('cloud-config', ports),
  } satisfies Partial<Handlers>;
}

/** Rendered before anything is recorded: a machine whose template is at fault is not called `installing`. */
function finalConfiguration(
  format: ConfigurationFormat,
  ports: Ports,
): Handler<OtherEndpoints['finalIgnition' | 'finalCloudConfig']> {
  const { config, provisioner } = ports;
  const log = clientLog(ports);
  return async ({ ctx, caller }) => {
    const render = async (host: Host) =>
      (await renderConfiguration(format, host, ports, caller.capabilityOf(host.serial))).text;
    const own = [formatIpv4(config().network.serverAddress), ...outerAddressesOfThisComputer()];
    const { serial, report, faults } = parseHardwareReport(await readBody(ctx), own);
    const arrival = caller.named(serial);
    if (faults.length > 0)
      log('warn', clientOf(caller), LEFT_OUT, { serial: arrival.serial, faults }, LEFT_OUT);
    const planned = provisioner.previewInstallation(arrival, report, caller);
    const rendered = planned.obstacle ? undefined : await render(planned.host);
    const host = await provisioner.startInstallation(arrival, report, caller);
    const isAsPlanned = rendered !== undefined && isDeepStrictEqual(host, planned.host);
    ctx.type = format === 'ignition' ? 'application/json' : 'application/yaml';
    return isAsPlanned ? rendered : await render(host);
  };
}
