import type { NetworkDevice } from '../host/host.js';
import type { FleetView } from '../host/host-store.js';
import { nextState, provisionEvent } from '../host/lifecycle.js';
import { changeWords, wordsWith } from '../host/change-words.js';
import { osVersionOf } from '../host/os-version.js';
import { completedHardware, type Hardware } from '../host/hardware.js';
import type { Ipv4 } from '../net/ipv4.js';
import { parseReportedBmcAddress } from '../power/bmc-address.js';
import { HostSteps, type HostPlan } from './host-steps.js';
import { believableMacs, planArrival, takeExtraAddresses, type Arrival } from './plan-arrival.js';
import type { ProvisioningSettings } from './provisioning-settings.js';

/** What the installer found out about the machine. */
export interface HardwareReport {
  readonly netDevs: readonly NetworkDevice[];
  readonly ipmiAddress?: string | undefined;
  readonly connectedNic?: string | undefined;
  /** What it is made of; undefined where its installer is of a kind that does not tell. */
  readonly hardware?: Hardware | undefined;
}

/**
 * The machine fetches the configuration it is installed with. A machine that is seen for the first time arrives by it; with
 * no address left the plan names the shortage, and the machine stays where it is. One that runs diskless fetches it at every
 * boot, and goes on as running.
 * @throws IllegalTransition when it holds a system that nobody asked to replace; nothing is recorded then.
 */
export function planInstallation(
  fleet: FleetView,
  arrival: Arrival,
  report: HardwareReport,
  settings: ProvisioningSettings,
  searchFrom?: Ipv4,
): HostPlan {
  const arrived = planArrival(fleet, arrival, settings, searchFrom);
  if (arrived.shortage) return arrived;
  const { host } = arrived;
  const profile = settings.profiles.find(({ name }) => name === host.profile);
  const state = nextState(host.state, provisionEvent(host, profile?.mode));
  const steps = new HostSteps(host);
  const shortage = takeExtraAddresses(steps, profile, fleet, settings);
  if (shortage) return { ...arrived, shortage };
  const macs = [...new Set(report.netDevs.map(({ mac }) => mac))];
  const { believed, warnings } = believableMacs(fleet, host.serial, macs);
  if (believed.length > 0) steps.take(changeWords['cards-seen'], { macAddresses: believed });
  if (report.connectedNic) steps.take(changeWords['connected-nic'], { connectedNic: report.connectedNic });
  if (report.ipmiAddress) steps.take(changeWords['bmc-address'], { ipmiAddress: report.ipmiAddress });
  if (state === 'installing') {
    steps.take(wordsWith('state', state), {
      state,
      osVersion: osVersionOf(host, settings),
      diskless: profile?.mode === 'diskless' ? true : undefined,
      hardware: completedHardware(host.hardware, report.hardware, true),
      isProfileTentative: undefined,
    });
  }
  return {
    host: steps.host,
    changes: [...arrived.changes, ...steps.changes],
    warnings: [...arrived.warnings, ...warnings],
  };
}

/** What BMCs without an address say of themselves, and installers on machines without a BMC. */
const NONE: ReadonlySet<string> = new Set(['', '0.0.0.0', '::']);

/**
 * The address that a machine reports of its BMC; undefined when it has none.
 * @param own All of this server.
 * @throws InvalidValue
 */
export function reportedBmcAddress(text: string, own: readonly string[]): string | undefined {
  return NONE.has(text.trim()) ? undefined : parseReportedBmcAddress(text, own);
}
