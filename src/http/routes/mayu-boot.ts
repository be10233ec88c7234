import { isDeepStrictEqual } from 'node:util';
import type { Router } from '@koa/router';
import type { RouterContext } from '@koa/router';
import type { Host } from '../../host/host.js';
import { IllegalTransition, mayBeProvisioned } from '../../host/lifecycle.js';
import { formatIpv4 } from '../../net/ipv4.js';
import { outerAddressesOfThisComputer } from '../../net/own-addresses.js';
import { templateContext } from '../../template/context.js';
import { arrivalOfSerial, askerOf, askingAddress, whoKnows } from '../identity.js';
import { clientOf } from '../../provision/new-host-gate.js';
import { LEFT_OUT, parseHardwareReport } from '../machine-report.js';
import { anyonesProfile, profileOf } from '../profile-of.js';
import { clientLog } from '../client-log.js';
import { readBody } from '../read-body.js';
import { renderConfiguration, renderFirstStage, type ConfigurationFormat } from '../render-for-host.js';
import type { HttpServices } from '../services.js';
import { WrongMode } from '../wrong-mode.js';

/** What Mayu's first stage and its installer fetch. */
export function addMayuBootRoutes(router: Router, services: HttpServices): void {
  const { config, provisioner, templates, leases } = services;

  /** Install scripts loop until this prints something. */
  router.get('/', (ctx) => {
    ctx.body = `this is imago ${services.version}\n`;
  });

  router.get('/ipxebootscript', (ctx) => {
    const context = templateContext({ config: config(), profile: anyonesProfile(config()) });
    ctx.body = templates.render('ipxebootscript.ipxe', context);
  });

  router.get('/first-stage-script/:serial', async (ctx) => {
    const arrival = arrivalOfSerial(ctx.params['serial'] ?? '', askingAddress(ctx.req), whoKnows(services));
    const { host, obstacle } = await provisioner.arrive(arrival, askerOf(ctx.req, leases));
    if (obstacle) throw obstacle;
    if (!mayBeProvisioned(host.state)) throw new IllegalTransition(host.state, 'installing');
    const profile = profileOf(host, config());
    if (profile && profile.mode !== 'two-stage') throw new WrongMode(host.serial, profile.name, profile.mode);
    const { text } = await renderFirstStage(host, services);
    ctx.type = 'text/x-shellscript; charset=utf-8';
    ctx.body = text;
  });

  router.get('/hostinfo-helper', (ctx) => {
    ctx.type = 'text/x-shellscript; charset=utf-8';
    ctx.body = templates.render('hostinfo-helper.sh', templateContext({ config: config() }));
  });

  router.post('/final-ignition-config.json', finalConfiguration('ignition', services));
  router.post('/final-cloud-config.yaml', finalConfiguration('cloud-config', services));
}

/** Rendered before anything is recorded: a machine whose template is at fault is not called `installing`. */
function finalConfiguration(format: ConfigurationFormat, services: HttpServices) {
  const { config, provisioner, leases } = services;
  const log = clientLog(services);
  const render = async (host: Host) => (await renderConfiguration(format, host, services)).text;
  return async (ctx: RouterContext): Promise<void> => {
    const own = [formatIpv4(config().network.serverAddress), ...outerAddressesOfThisComputer()];
    const asker = askerOf(ctx.req, leases);
    const { serial, report, faults } = parseHardwareReport(await readBody(ctx), own);
    const arrival = arrivalOfSerial(serial, asker.address, whoKnows(services));
    if (faults.length > 0)
      log('warn', clientOf(asker), LEFT_OUT, { serial: arrival.serial, faults }, LEFT_OUT);
    const planned = provisioner.previewInstallation(arrival, report, asker);
    const rendered = planned.obstacle ? undefined : await render(planned.host);
    const host = await provisioner.startInstallation(arrival, report, asker);
    const isAsPlanned = rendered !== undefined && isDeepStrictEqual(host, planned.host);
    ctx.type = format === 'ignition' ? 'application/json' : 'application/yaml';
    ctx.body = isAsPlanned ? rendered : await render(host);
  };
}
