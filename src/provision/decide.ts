import { changeWords, wordsWith } from '../host/change-words.js';
import type { EarlierHost } from '../host/host-archive.js';
import type { Host } from '../host/host.js';
import type { FleetView } from '../host/host-store.js';
import { requireVersion } from '../host/host-version.js';
import { commandedState, type HostState } from '../host/lifecycle.js';
import { requireUnlocked } from '../host/lock.js';
import type { Platform } from '../host/platform.js';
import type { Serial } from '../host/serial.js';
import type { Ipv4 } from '../net/ipv4.js';
import { admitAsker, type Admission } from './admit-asker.js';
import { fitText } from './fit-text.js';
import { HostSteps, type HostPlan } from './host-steps.js';
import type { Asker } from './new-host-gate.js';
import { planAddition, type Addition } from './plan-addition.js';
import { planSettings, type HostSettings } from './plan-amendment.js';
import { planArrival, type Arrival } from './plan-arrival.js';
import { planDescription } from './plan-description.js';
import { planInstallation, type HardwareReport } from './plan-installation.js';
import { planBooted, planInstalled, type BootReport } from './plan-report.js';
import { planRollback } from './plan-rollback.js';
import type { ProvisioningSettings } from './provisioning-settings.js';
import { UnknownHost } from './errors.js';

/** What a machine asks for or reports. */
export type MachineCommand = {
  /** Where it asks from; none where an operator looks at what would be. */
  readonly asker?: Asker | undefined;
  /** What its firmware was last seen to boot with, recorded by the way. */
  readonly platform?: Platform | undefined;
} & (
  | { readonly kind: 'arrive'; readonly arrival: Arrival }
  /** Its installer tells what the machine is made of. */
  | { readonly kind: 'describe'; readonly arrival: Arrival; readonly report: HardwareReport }
  | { readonly kind: 'install'; readonly arrival: Arrival; readonly report: HardwareReport }
  | { readonly kind: 'report-installed'; readonly serial: Serial }
  | { readonly kind: 'report-booted'; readonly serial: Serial; readonly report: BootReport }
);

/** What an operator orders for a host that there is. */
export type HostCommand = {
  readonly serial: Serial;
  /** The host is as one of these versions has it; any will do where there are none. */
  readonly versions?: readonly string[] | undefined;
} & (
  | { readonly kind: 'set'; readonly settings: HostSettings }
  /** @param isFresh how the history calls it */
  | { readonly kind: 'set-state'; readonly state: HostState; readonly isFresh?: boolean }
  | { readonly kind: 'lock'; readonly by: string; readonly reason: string }
  | { readonly kind: 'unlock' }
  | { readonly kind: 'roll-back'; readonly earlier: EarlierHost }
  | { readonly kind: 'retire' }
);

export type OperatorCommand = { readonly kind: 'add'; readonly addition: Addition } | HostCommand;

/** What somebody wants done, as data: it can be sent, logged, and decided again. */
export type Command = MachineCommand | OperatorCommand;

/** @param searchFrom Where to start looking for a free address; the lowest of the range by default. */
export interface Circumstances {
  readonly now: Date;
  readonly settings: ProvisioningSettings;
  readonly searchFrom?: Ipv4 | undefined;
}

/**
 * What a command comes to in the fleet as it is. Pure: the same command in the same circumstances comes to the same, however
 * often it is decided. A refusal is thrown.
 * @throws UnknownHost, HostLocked, PreconditionFailed, IllegalTransition, CardRefused, and what its plan throws
 */
export function decide(command: Command, fleet: FleetView, circumstances: Circumstances): HostPlan {
  const { now, settings, searchFrom } = circumstances;
  switch (command.kind) {
    case 'arrive': {
      const [arrival, admission] = admitted(command, fleet, settings);
      return byMachine(command, admission, planArrival(fleet, arrival, settings, searchFrom));
    }
    case 'describe': {
      const [arrival, admission] = admitted(command, fleet, settings);
      return byMachine(
        command,
        admission,
        planDescription(fleet, arrival, command.report, settings, searchFrom),
      );
    }
    case 'install': {
      const [arrival, admission] = admitted(command, fleet, settings);
      const report = isBelieved(fleet.host(arrival.serial), admission) ? command.report : NO_REPORT;
      return byMachine(command, admission, planInstallation(fleet, arrival, report, settings, searchFrom));
    }
    case 'report-installed': {
      const [host, admission] = reporting(command, 'report', fleet, settings);
      return byMachine(command, admission, planInstalled(host, admission.cards));
    }
    case 'report-booted': {
      const [host, admission] = reporting(command, 'up', fleet, settings);
      const report = isBelieved(host, admission) ? command.report : {};
      return byMachine(command, admission, planBooted(host, report, now, admission.cards));
    }
    case 'add':
      return planAddition(fleet, command.addition, settings, searchFrom);
    case 'set':
    case 'set-state':
    case 'lock':
    case 'unlock':
    case 'roll-back':
    case 'retire':
      break;
  }
  return decideForHost(command, fleet, circumstances);
}

function decideForHost(command: HostCommand, fleet: FleetView, circumstances: Circumstances): HostPlan {
  const before = hostOf(fleet, command.serial);
  requireVersion(before, command.versions);
  return { ...planForHost(command, before, fleet, circumstances), before };
}

function planForHost(
  command: HostCommand,
  host: Host,
  fleet: FleetView,
  { now, settings, searchFrom }: Circumstances,
): HostPlan {
  if (command.kind !== 'unlock') requireUnlocked(host);
  const steps = new HostSteps(host);
  switch (command.kind) {
    case 'set':
      return planSettings(fleet, host, command.settings, settings);
    case 'set-state':
      return planState(fleet, host, command, settings, searchFrom);
    case 'lock': {
      const reason = fitText('a reason', command.reason);
      steps.take(wordsWith('locked', reason), { lock: { by: command.by, reason, since: now } });
      return steps.plan();
    }
    case 'unlock':
      steps.take(changeWords.unlocked, { lock: undefined });
      return steps.plan();
    case 'roll-back':
      return planRollback(fleet, host, command.earlier, settings);
    case 'retire':
      break;
  }
  // A machine of its serial that boots later is a new one.
  return { host, changes: [{ host, what: changeWords.retired, retired: true }], warnings: [] };
}

/**
 * An operator orders a state. One that is set `configured` is installed again, with the version that its profile has by then.
 * One that was never given its place is given it; the plan names the shortage if it cannot be.
 * @throws IllegalTransition
 */
function planState(
  fleet: FleetView,
  host: Host,
  { state: wanted, isFresh = false }: Extract<HostCommand, { kind: 'set-state' }>,
  settings: ProvisioningSettings,
  searchFrom: Ipv4 | undefined,
): HostPlan {
  const state = commandedState(host.state, wanted);
  if (host.state === 'unknown') return planArrival(fleet, { serial: host.serial }, settings, searchFrom);
  const steps = new HostSteps(host);
  steps.take(isFresh ? changeWords.fresh : wordsWith('state', wanted), {
    state,
    ...(state === 'configured' && host.state !== 'configured' && { osVersion: undefined }),
  });
  return steps.plan();
}

const NO_REPORT: HardwareReport = { netDevs: [] };

/** On what ground the machine was let in where nobody asks for that. */
const UNASKED: Admission = { cards: undefined, isProven: false };

/** The arrival with the cards that it brings to the host. @throws CardRefused */
function admitted(
  command: Extract<MachineCommand, { arrival: Arrival }>,
  fleet: FleetView,
  settings: ProvisioningSettings,
): [arrival: Arrival, admission: Admission] {
  const { arrival, asker } = command;
  if (!asker) return [arrival, UNASKED];
  const { serial, mac, otherMacs = [] } = arrival;
  const reported = command.kind === 'arrive' ? [] : command.report.netDevs.map((nic) => nic.mac);
  const macs = [...(mac ? [mac] : []), ...otherMacs, ...reported];
  const admission = admitAsker(fleet, { serial, kind: 'configuration', macs }, asker, settings);
  const { cards } = admission;
  return [cards ? { ...arrival, cards } : arrival, admission];
}

/** The host that reports, and on what ground it is believed. @throws UnknownHost, CardRefused */
function reporting(
  { serial, asker }: Extract<MachineCommand, { serial: Serial }>,
  kind: 'report' | 'up',
  fleet: FleetView,
  settings: ProvisioningSettings,
): [host: Host, admission: Admission] {
  const host = hostOf(fleet, serial);
  return [host, asker ? admitAsker(fleet, { serial, kind }, asker, settings) : UNASKED];
}

/** Whether it is taken at its word: what is known of a machine that runs does not change on a stranger's. */
function isBelieved(host: Host | undefined, { unproven }: Admission): boolean {
  return unproven === undefined || host?.state !== 'running';
}

function byMachine(command: MachineCommand, admission: Admission, plan: HostPlan): HostPlan {
  const { unproven } = admission;
  const whole = withPlatform(command, plan);
  return { ...whole, admission, ...(unproven && { warnings: [...whole.warnings, unproven] }) };
}

/** The platform goes along with another change: a commit of its own for each boot would let anybody write history without end. */
export function withPlatform({ platform }: Pick<MachineCommand, 'platform'>, plan: HostPlan): HostPlan {
  const last = plan.changes.at(-1);
  if (last === undefined || platform === undefined || platform === plan.host.platform) return plan;
  const host = { ...plan.host, platform };
  return { ...plan, host, changes: [...plan.changes.slice(0, -1), { ...last, host }] };
}

/** @throws UnknownHost */
export function hostOf(fleet: Pick<FleetView, 'host'>, serial: Serial): Host {
  const host = fleet.host(serial);
  if (!host) throw new UnknownHost(serial);
  return host;
}
