import { askerOfMachine } from '../../access/boot-asker.js';
import type { Endpoint } from '../../api/endpoint.js';
import { bootsFromDisk } from '../../boot/boot-plan.js';
import { planOfNobody, type BootDecision } from '../../boot/boot-source.js';
import { renderPixiecoreJson, type PixiecoreAnswer } from '../../boot/render-pixiecore.js';
import { requiresLease } from '../../config/new-hosts-section.js';
import { ImagoError, UnfitValue } from '../../errors.js';
import type { Host } from '../../host/host.js';
import { dialect, type Dialect } from '../../http/dialect.js';
import { BadRequest } from '../../http/http-errors.js';
import type { HttpServices } from '../../http/services.js';
import { isOneMachines, tryParseMac, type MacAddress } from '../../net/mac-address.js';
import { templateContext } from '../../template/context.js';
import { scriptOnwards } from './script-onwards.js';

/** Pixiecore's API mode, below the prefix of bootcfg's users and below none. */
export const pixiecoreEndpoints = {
  boot: { method: 'GET', path: '/pixiecore/v1/boot/:mac', role: 'machine' },
  bareBoot: { method: 'GET', path: '/v1/boot/:mac', role: 'machine' },
} as const satisfies Readonly<Record<string, Endpoint>>;

/** Pixiecore ignores a machine at any answer but 200. */
class LeftAlone extends ImagoError {
  readonly code = 'NOT_FOUND';

  constructor(mac: MacAddress, reason: string) {
    super(`${mac} boots nothing from here: ${reason}`, { mac });
  }
}

type Ports = Pick<HttpServices, 'config' | 'store' | 'sources' | 'provisioner' | 'leases'>;

/**
 * What real Pixiecore asks of its API server. It asks several times for one boot, and for machines that never come back: nothing is
 * recorded, and no machine becomes a host by it.
 */
export function pixiecoreDialect(services: Ports): Dialect {
  const boot = async ({
    params,
  }: {
    readonly params: { readonly mac: string };
  }): Promise<PixiecoreAnswer> => {
    const mac = macIn(params.mac);
    const host = services.store.hostByMac(mac);
    const asker = askerOfMachine(host?.serial, mac, host);
    const decision = await services.sources.decide(asker, () => host !== undefined);
    return decision.from === 'hosts' ? answerOfHosts(mac, host, services) : answerOf(mac, decision, services);
  };
  return dialect('pixiecore', pixiecoreEndpoints, { boot, bareBoot: boot });
}

/** @throws BadRequest */
function macIn(text: string): MacAddress {
  const mac = tryParseMac(text);
  if (mac === undefined || !isOneMachines(mac)) {
    throw new BadRequest('this is no MAC address of a machine: ask for /v1/boot/52:54:00:00:00:01', {
      mac: text.slice(0, 64),
    });
  }
  return mac;
}

/**
 * A machine that imago installs goes on with imago's own scripts: there it names itself by serial and UUID, keeps the cards that it
 * has, and each step of its life is recorded, as with a machine that comes by imago's own DHCP. Kernel and arguments alone would
 * leave out what the profile's template does.
 * @throws LeftAlone
 */
function answerOfHosts(mac: MacAddress, host: Host | undefined, services: Ports): PixiecoreAnswer {
  if (host && bootsFromDisk(host)) {
    throw new LeftAlone(mac, `${host.serial} is ${host.state} and boots its own disk`);
  }
  const { newHosts, dhcp } = services.config();
  if (!host && requiresLease(dhcp.mode, newHosts.requireLease) && !hasLease(mac, services)) {
    throw new LeftAlone(
      mac,
      'it is no host, and newHosts.requireLease takes up no new machine without a lease',
    );
  }
  return { 'ipxe-script': scriptOnwards(firstScriptOf(services)) };
}

function hasLease(mac: MacAddress, { leases }: Ports): boolean {
  return leases.list().some((lease) => lease.mac === mac);
}

/** What another source says, in Pixiecore's words, or else as a script that waits and says why. @throws LeftAlone */
function answerOf(
  mac: MacAddress,
  decision: Exclude<BootDecision, { from: 'hosts' }>,
  services: Ports,
): PixiecoreAnswer {
  const retry = firstScriptOf(services);
  if (decision.from === 'nobody') {
    if (decision.failing === undefined) throw new LeftAlone(mac, decision.obstacle);
    return renderPixiecoreJson(planOfNobody(decision.obstacle, retry));
  }
  const { plan, from, by } = decision;
  if (plan.kind === 'own-disk') throw new LeftAlone(mac, `${from}, ${by}: ${plan.reason}`);
  try {
    return renderPixiecoreJson(plan);
  } catch (error) {
    if (!(error instanceof UnfitValue)) throw error;
    return renderPixiecoreJson(planOfNobody(`${from}, ${by}: ${error.message}`, retry));
  }
}

function firstScriptOf({ config }: Ports): string {
  return templateContext({ config: config() }).urls.bootIpxe;
}
