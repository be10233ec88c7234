import { askerOfQuery, isHost } from '../../access/boot-asker.js';
import { arrivalOfClaim, claimOfQuery, hardwareOfQuery, nicsOfQuery, single } from '../../access/identity.js';
import { platformOfIpxe } from '../../host/platform.js';
import { clientOf } from '../../provision/new-host-gate.js';
import { NewHostRefused } from '../../provision/errors.js';
import type { Handlers } from '../call.js';
import { clientLog } from '../client-log.js';
import {
  renderBootScript,
  renderFirstScript,
  renderOthersScript,
  type Renderers,
} from '../render-for-host.js';
import { noteRefusal } from '../noted-refusal.js';
import type { HttpServices } from '../services.js';
import { sharedUuidLog } from '../shared-uuid-log.js';

type Ports = Renderers &
  Pick<
    HttpServices,
    | 'audit'
    | 'capabilities'
    | 'store'
    | 'sources'
    | 'provisioner'
    | 'platforms'
    | 'stuck'
    | 'logger'
    | 'reach'
  >;

/** iPXE's own way in: `/boot.ipxe` makes the firmware name itself to `/ipxe`, which answers what this machine boots. */
export function ipxeHandlers(ports: Ports) {
  const { audit, config, capabilities, store, sources, provisioner, platforms, stuck, logger } = ports;
  const log = clientLog(ports);
  const noteUuid = sharedUuidLog(logger);
  return {
    firstScript: () => renderFirstScript(ports).text,
    async bootScript({ ctx, search, caller }) {
      const claim = claimOfQuery(search);
      noteUuid({ ...claim, mac: caller.leasedTo ?? claim.mac });
      const identity = arrivalOfClaim(claim, caller, store, config().machines.identity);
      const decision = await sources.decide(askerOfQuery(claim, caller, search), () =>
        isHost(identity.serial, store, config()),
      );
      if (decision.from !== 'hosts') {
        const { plan, text, by } = renderOthersScript(decision, ports);
        const facts = {
          serial: identity.serial,
          source: decision.from,
          by,
          kind: plan.kind,
          reason: plan.reason,
        };
        log('info', clientOf(caller), 'boot script', facts, 'boot script');
        return text;
      }
      const arrival = { ...identity, otherMacs: nicsOfQuery(search), hardware: hardwareOfQuery(search) };
      const { host, obstacle, isProven } = await provisioner.arrive(arrival, caller);
      if (obstacle) {
        noteRefusal(audit, ctx, '/ipxe', obstacle);
        // It asks again: by a connection of its own, whose card is looked at anew.
        ctx.set('Connection', 'close');
      }
      const firmware = { platform: single(search['platform']), arch: single(search['arch']) };
      const place = isProven === true && ctx.method === 'GET' ? caller.place : undefined;
      const capability = place && (() => capabilities.give(host.serial, place));
      if (!obstacle) platforms.saw(host.serial, platformOfIpxe(firmware.platform));
      const { plan, text } = await renderBootScript(host, firmware, obstacle, ports, capability);
      // A machine that is told to wait asks again and again: that is no loop.
      if (plan.kind !== 'wait') stuck.booted(host.serial);
      const facts = { serial: host.serial, state: host.state, kind: plan.kind, reason: plan.reason };
      if (obstacle instanceof NewHostRefused) logger.debug(facts, 'boot script');
      else log('info', caller.isServer ? host.serial : clientOf(caller), 'boot script', facts, 'boot script');
      return text;
    },
  } satisfies Partial<Handlers>;
}
