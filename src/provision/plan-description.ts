import type { FleetView } from '../host/host-store.js';
import type { Ipv4 } from '../net/ipv4.js';
import { decideAgain } from './decide-profile.js';
import { HostSteps, type HostPlan } from './host-steps.js';
import { planArrival, type Arrival } from './plan-arrival.js';
import type { HardwareReport } from './plan-installation.js';
import type { ProvisioningSettings } from './provisioning-settings.js';

/** The installer tells what the machine is made of, before anything is decided that hangs on its profile. */
export function planDescription(
  fleet: FleetView,
  arrival: Arrival,
  report: HardwareReport,
  settings: ProvisioningSettings,
  searchFrom?: Ipv4,
): HostPlan {
  const arrived = planArrival(fleet, arrival, settings, searchFrom);
  if (arrived.shortage) return arrived;
  const steps = new HostSteps(arrived.host);
  decideAgain(steps, report.hardware, 'all', fleet, settings);
  return {
    host: steps.host,
    changes: [...arrived.changes, ...steps.changes],
    warnings: arrived.warnings,
  };
}
