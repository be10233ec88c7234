import { isDeepStrictEqual } from 'node:util';
import type { OtherEndpoints } from '../../api/other-endpoints.js';
import { single } from '../../access/identity.js';
import type { Context } from 'koa';
import type { Machine } from '../../access/caller.js';
import type { Config, ProfileConfig } from '../../config/schema.js';
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
import { handOut, type HandOutPorts } from '../hand-out.js';
import { renderAnyonesScript, renderBootAgain, renderDescription } from '../render-for-host.js';
import { previewDocument } from '../render-document.js';
import type { HttpServices } from '../services.js';
import { WrongMode } from '../http-errors.js';

type Ports = HandOutPorts & Pick<HttpServices, 'provisioner' | 'logger' | 'reach'>;

/** What Mayu's first stage and its installer fetch. */
export function mayuBootHandlers(ports: Ports & Pick<HttpServices, 'version'>) {
  const { config, provisioner, templates } = ports;
  const log = clientLog(ports);
  return {
    /** Install scripts loop until this prints something. */
    greet: () => `this is imago ${ports.version}\n`,
    mayuBootScript: () => renderAnyonesScript(ports).text,
    /** A HEAD records nothing, and hands nothing out. */
    async firstStage({ ctx, params, caller }) {
      const arrival = caller.named(params.serial);
      const isLook = ctx.method === 'HEAD';
      const { host, obstacle, isProven } = isLook
        ? provisioner.previewArrival(arrival, caller)
        : await provisioner.arrive(arrival, caller);
      if (obstacle) throw obstacle;
      if (!mayBeProvisioned(host.state)) throw new IllegalTransition(host.state, 'installing');
      const profile = profileOf(host, config());
      if (profile && profile.mode !== 'two-stage')
        throw new WrongMode(host.serial, profile.name, profile.mode);
      if (host.isProfileTentative) {
        ctx.type = SCRIPT;
        return renderDescription(host, ports, caller.capabilityOf(host.serial)).text;
      }
      if (isLook) {
        ctx.type = SCRIPT;
        return (await previewDocument('first-stage', host, ports)).text;
      }
      return firstStageOf({ ctx, caller }, host, isProven, ports);
    },
    /** The machine tells what it is made of before its first stage, and gets that of the profile that it has then. */
    async describe({ ctx, params, search, caller }) {
      const { report, faults } = parseHardwareReport(await readBody(ctx), ownAddresses(config()));
      const arrival = caller.named(params.serial);
      if (faults.length > 0)
        log('warn', clientOf(caller), LEFT_OUT, { serial: arrival.serial, faults }, LEFT_OUT);
      const host = await provisioner.describe(arrival, report, caller);
      if (!mayBeProvisioned(host.state)) throw new IllegalTransition(host.state, 'installing');
      const booted = config().profiles.find(({ name }) => name === single(search['booted']));
      const boots = profileOf(host, config());
      if (booted && boots && !bootsAlike(booted, boots)) {
        ctx.type = SCRIPT;
        return renderBootAgain(host, ports).text;
      }
      const { isProven } = provisioner.previewArrival(arrival, caller);
      return firstStageOf({ ctx, caller }, host, isProven, ports);
    },
    hostinfoHelper({ ctx }) {
      ctx.type = SCRIPT;
      return templates.render('hostinfo-helper.sh', templateContext({ config: config() }));
    },
    finalIgnition: finalConfiguration('ignition', ports),
    finalCloudConfig: finalConfiguration('cloud-config', ports),
  } satisfies Partial<Handlers>;
}

const SCRIPT = 'text/x-shellscript; charset=utf-8';

function ownAddresses({ network }: Config): readonly string[] {
  return [formatIpv4(network.serverAddress), ...outerAddressesOfThisComputer()];
}

/** Whether the installer of one profile is that of the other, too. */
function bootsAlike(one: ProfileConfig, other: ProfileConfig): boolean {
  const [first, second] = [one, other].map(({ mode, osVersion, boot, templates: { ipxe } }) => ({
    mode,
    osVersion,
    boot,
    ipxe,
  }));
  return isDeepStrictEqual(first, second);
}

function firstStageOf(
  { ctx, caller }: { readonly ctx: Context; readonly caller: Machine },
  host: Host,
  isProven: boolean | undefined,
  ports: Ports,
): Promise<string | Buffer> {
  const record = () => Promise.resolve(host);
  return handOut(
    ctx,
    { document: 'first-stage', caller, isProven, type: SCRIPT, planned: host, record },
    ports,
  );
}

function finalConfiguration(
  document: 'ignition' | 'cloud-config',
  ports: Ports,
): Handler<OtherEndpoints['finalIgnition' | 'finalCloudConfig']> {
  const { config, provisioner } = ports;
  const log = clientLog(ports);
  const type = document === 'ignition' ? 'application/json' : 'application/yaml';
  return async ({ ctx, caller }) => {
    const { serial, report, faults } = parseHardwareReport(await readBody(ctx), ownAddresses(config()));
    const arrival = caller.named(serial);
    if (faults.length > 0)
      log('warn', clientOf(caller), LEFT_OUT, { serial: arrival.serial, faults }, LEFT_OUT);
    const { host, obstacle, isProven } = provisioner.previewInstallation(arrival, report, caller);
    const planned = obstacle ? undefined : host;
    const record = () => provisioner.startInstallation(arrival, report, caller);
    return handOut(ctx, { document, caller, isProven, type, planned, record }, ports);
  };
}
