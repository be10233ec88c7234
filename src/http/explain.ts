import type { ExplainQuery, Explanation } from '../api/explanation.js';
import { askerOfMachine, isHost } from '../access/boot-asker.js';
import type { BootPlan, KernelPlan } from '../boot/boot-plan.js';
import type { BootDecision } from '../boot/boot-source.js';
import { explainDhcp } from '../dhcp/policy/explain-dhcp.js';
import {
  discoverOf,
  firmwareClients,
  ipxeOn,
  ipxePlatform,
  type SimulatedClient,
} from '../dhcp/policy/simulated-client.js';
import type { Config } from '../config/schema.js';
import { ImagoError } from '../errors.js';
import { cardsOf, notedMacs } from '../host/cards.js';
import type { Host } from '../host/host.js';
import { OS_VERSION_OVERRIDE, osVersionOf, pinnedOsVersion } from '../host/os-version.js';
import { DEFAULT_PROFILE } from '../host/profile.js';
import { parseSerial } from '../host/serial.js';
import { formatIpv4 } from '../net/ipv4.js';
import { tryParseMac, type MacAddress } from '../net/mac-address.js';
import { asHost, hardwareInQuestion, waitingAs, weighProfiles } from './explain-profiles.js';
import { profileOf } from './profile-of.js';
import { previewDocument } from './render-document.js';
import { renderBootScript, renderOthersScript } from './render-for-host.js';
import type { PreviewPorts } from './services.js';

type Step = Explanation['steps'][number];

/** The whole boot of a machine, decided by the functions that decide it for real, with the rule of each step. */
export async function explain(
  name: string,
  { firmware, ...words }: ExplainQuery,
  services: PreviewPorts,
): Promise<Explanation> {
  const mac = tryParseMac(name);
  const known = mac === undefined ? services.store.host(parseSerial(name)) : services.store.hostByMac(mac);
  const waiting = known
    ? undefined
    : waitingAs(mac === undefined ? parseSerial(name) : undefined, mac, services);
  const identity = identityStep(name, mac, known);
  const bootMac = mac ?? (known ? cardsOf(known)[0] : waiting?.mac);
  const dhcp = dhcpSteps(bootMac, firmware, known, services);
  const decision = await services.sources.decide(
    askerOfMachine(known?.serial ?? (mac === undefined ? name : undefined), bootMac, known, words),
    () =>
      known !== undefined ||
      (mac === undefined && isHost(parseSerial(name), services.store, services.config())),
  );
  if (decision.from !== 'hosts')
    return { name, ...stateOf(known), steps: [identity, ...dhcp, ...sourceSteps(decision, services)] };
  // A MAC address alone would be the machine's name only if it had neither serial nor UUID.
  if (!known && !waiting && mac !== undefined) return { name, steps: [identity, ...dhcp] };
  const hardware = hardwareInQuestion(words.label, known ?? waiting);
  const { host, obstacle } = services.provisioner.previewArrival({
    serial: (known ?? waiting)?.serial ?? parseSerial(name),
    uuid: words.uuid,
    mac: bootMac,
    hardware,
  });
  const steps = [
    identity,
    cardsStep(known, services),
    placeStep(host, known, obstacle, services),
    ...dhcp,
    await scriptStep(host, firmware, obstacle, services),
    imageStep(host, services),
    await configurationStep(host, services),
  ];
  const profiles = weighProfiles(asHost(known ?? host, bootMac, hardware), known?.profile, services);
  return { name, ...stateOf(known), steps, profiles };
}

function stateOf(known: Host | undefined): Pick<Explanation, 'serial' | 'state'> {
  return known ? { serial: known.serial, state: known.state } : {};
}

/** Who decides in place of the hosts, and what it says. */
export function sourceSteps(
  decision: Exclude<BootDecision, { from: 'hosts' }>,
  services: Pick<PreviewPorts, 'config'>,
): [source: Step, script: Step] {
  const { plan, by, rule } = renderOthersScript(decision, services);
  return [
    { step: 'source', answer: decision.from === 'nobody' ? 'none' : `${decision.from}: ${by}`, rule },
    { step: 'script', ...toldBy(plan, by) },
  ];
}

export function identityStep(name: string, mac: MacAddress | undefined, known: Host | undefined): Step {
  const by = mac === undefined ? 'serial' : 'MAC address';
  return known
    ? { step: 'identity', answer: `host ${known.serial}, ${known.state}`, rule: `its ${by} is recorded` }
    : {
        step: 'identity',
        answer: 'not a host yet',
        rule: `no host has the ${by} ${mac ?? parseSerial(name)}`,
      };
}

/** Whom imago takes for the machine: see `admitAsker`. */
function cardsStep(known: Host | undefined, { config }: PreviewPorts): Step {
  const cards = known ? cardsOf(known) : [];
  const noted = known ? notedMacs(known).filter((mac) => !cards.includes(mac)) : [];
  return {
    step: 'cards',
    answer: cards.length === 0 ? 'none yet' : cards.join(', '),
    rule:
      config().dhcp.mode !== 'server'
        ? 'imago leases nothing (dhcp.mode), and so cannot tell who asks in its name'
        : cards.length === 0
          ? 'the first network card that asks in its name, by a lease of imago and nobody else’s, becomes its own'
          : `no other asks in its name${noted.length === 0 ? '' : `, but for what it reported itself: ${noted.join(', ')}`}; a new card: imagoctl set ${known?.serial} cards`,
  };
}

export function placeStep(
  host: Host,
  known: Host | undefined,
  obstacle: ImagoError | undefined,
  { config, store }: PreviewPorts,
): Step {
  if (obstacle) return { step: 'place', answer: 'none', rule: obstacle.message };
  const address = host.internalAddress === undefined ? 'none' : formatIpv4(host.internalAddress);
  const answer = `profile ${host.profile ?? 'none'}, address ${address}`;
  const tentative = 'an earlier one hangs on what its installer tells, and is asked again then';
  if (known && known.state !== 'unknown') {
    const rule = host.isProfileTentative
      ? `it was given them when it was first seen; ${tentative}`
      : 'it was given them when it was first seen, or an operator did';
    return { step: 'place', answer, rule };
  }
  if (config().hosts.some(({ serial, profile }) => serial === host.serial && profile !== undefined)) {
    return { step: 'place', answer, rule: 'hosts of the configuration says so' };
  }
  const profile = profileOf(host, config());
  const count = store.profileCount(host.profile ?? '');
  const rule =
    profile?.name === DEFAULT_PROFILE
      ? 'no other profile takes it'
      : `the first profile that takes it: ${count} of ${profile?.quantity ?? 'any number'}`;
  const more = host.isProfileTentative ? `; ${tentative}` : '';
  return { step: 'place', answer, rule: `${rule}${more}; the next free address of network.hostRange` };
}

function dhcpSteps(
  mac: MacAddress | undefined,
  firmware: ExplainQuery['firmware'],
  host: Host | undefined,
  { previewDhcp }: PreviewPorts,
): Step[] {
  if (mac === undefined) {
    return [
      { step: 'dhcp', answer: 'cannot be told', rule: 'no MAC address of it is known: explain it by that' },
    ];
  }
  if (!previewDhcp) return [{ step: 'dhcp', answer: 'no answer', rule: 'dhcp.mode is off' }];
  const said = (step: string, client: SimulatedClient): Step => ({
    step,
    ...explainDhcp(previewDhcp(discoverOf(client)), host?.internalAddress),
  });
  const client: SimulatedClient = { mac, ...firmwareClients[firmware] };
  return [said('dhcp', client), ...(client.isIpxe ? [] : [said('loader', ipxeOn(client))])];
}

async function scriptStep(
  host: Host,
  firmware: ExplainQuery['firmware'],
  obstacle: ImagoError | undefined,
  services: PreviewPorts,
): Promise<Step> {
  const platform = ipxePlatform(firmwareClients[firmware].architecture);
  return orFault('script', async () => {
    const { plan, template } = await renderBootScript(host, platform, obstacle, services);
    return { step: 'script', ...toldBy(plan, template) };
  });
}

/** What the boot script tells the machine, and why. */
export function toldBy(plan: BootPlan, template: string): Omit<Step, 'step'> {
  return { answer: `${whatOf(plan)} (${template})`, rule: plan.reason, plan: plan.kind };
}

const whatRuns: Readonly<Record<KernelPlan['purpose'], string>> = {
  diskless: 'its system, from the network',
  install: 'its installer',
  other: 'a kernel',
};

function whatOf(plan: BootPlan): string {
  switch (plan.kind) {
    case 'kernel':
      return whatRuns[plan.purpose];
    case 'script':
      return 'a script';
    case 'own-disk':
      return `its own disk, by ${plan.method}`;
    case 'network-disk':
      return `the disk ${plan.uri}`;
    case 'wait':
      break;
  }
  return 'to wait and ask again';
}

function imageStep(host: Host, { config }: PreviewPorts): Step {
  const version = osVersionOf(host, config());
  return { step: 'image', answer: version ?? 'none', rule: ruleOfVersion(host, config()) };
}

function ruleOfVersion(host: Host, config: Config): string {
  if (pinnedOsVersion(host) !== undefined) return `its override ${OS_VERSION_OVERRIDE}`;
  if (host.state !== 'running' && host.osVersion !== undefined) return 'the version it is installed with';
  const profile = profileOf(host, config);
  if (!profile && config.defaultOsVersion !== undefined) return 'defaultOsVersion';
  return `osVersion of profile ${profile?.name ?? DEFAULT_PROFILE}`;
}

async function configurationStep(host: Host, services: PreviewPorts): Promise<Step> {
  const format = profileOf(host, services.config())?.install.configFormat ?? 'ignition';
  return orFault('configuration', async () => {
    const { template, text } = await previewDocument(format, host, services);
    return {
      step: 'configuration',
      answer: `${format} of ${Buffer.byteLength(text)} bytes (${template})`,
      rule: `install.configFormat and templates of profile ${host.profile ?? 'none'}`,
    };
  });
}

/** A template at fault or a missing file is the very thing that an operator wants explained. */
async function orFault(step: string, make: () => Promise<Step>): Promise<Step> {
  try {
    return await make();
  } catch (error) {
    if (error instanceof ImagoError)
      return { step, answer: 'nothing: it is told to try again', rule: error.message };
    throw error;
  }
}
