import type { FleetView } from '../host/host-store.js';
import type { Host } from '../host/host.js';
import { wordsWith } from '../host/change-words.js';
import { commandedState, type HostState } from '../host/lifecycle.js';
import type { Ipv4 } from '../net/ipv4.js';
import { HostSteps } from './host-steps.js';
import { planArrival, type HostPlan } from './plan-arrival.js';
import type { ProvisioningSettings } from './provisioning-settings.js';

/**
 * An operator orders a state. One that is set `configured` is installed again, with the version that its profile has by then.
 * One that was never given its place is given it; the plan names the shortage if it cannot be.
 * @throws IllegalTransition
 */
export function planState(
  fleet: FleetView,
  host: Host,
  wanted: HostState,
  settings: ProvisioningSettings,
  searchFrom?: Ipv4,
  what: string = wordsWith('state', wanted),
): HostPlan {
  const state = commandedState(host.state, wanted);
  if (host.state === 'unknown') return planArrival(fleet, { serial: host.serial }, settings, searchFrom);
  const steps = new HostSteps(host);
  steps.take(what, {
    state,
    ...(state === 'configured' && host.state !== 'configured' && { osVersion: undefined }),
  });
  return { host: steps.host, changes: steps.changes, warnings: [] };
}
