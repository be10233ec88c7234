import type { Host, SoftwareVersions } from '../host/host.js';
import { changeWords, wordsWith } from '../host/change-words.js';
import { IllegalTransition, nextState } from '../host/lifecycle.js';
import { HostSteps, type HostPlan } from './host-steps.js';

/** What a machine's own system says of itself when it is up; what it leaves out stays as it was. */
export interface BootReport {
  readonly osVersion?: string | undefined;
  readonly versions?: SoftwareVersions | undefined;
}

/** A report that comes again within this time is the same boot's: its answer was lost. */
const SAME_BOOT_MS = 15_000;

/** @param cards The host's own by now, see `admitAsker`. @throws IllegalTransition */
export function planInstalled(host: Host, cards = host.cards): HostPlan {
  const steps = new HostSteps(host);
  steps.take(changeWords['cards-seen'], { cards });
  const state = nextState(host.state, 'installed');
  steps.take(wordsWith('reported', state), { state });
  return steps.plan();
}

/**
 * A machine that installs itself is up only after its disk was reported written: without that, a stray report would have its
 * own installer's refused.
 * @throws IllegalTransition
 */
export function planBooted(host: Host, report: BootReport, now: Date, cards = host.cards): HostPlan {
  const state = nextState(host.state, 'booted');
  if (host.state === 'installing' && host.diskless !== true) {
    throw new IllegalTransition(host.state, state, 'it first reports its disk written, with set_installed');
  }
  const steps = new HostSteps(host);
  steps.take(changeWords['cards-seen'], { cards });
  const isSameBoot =
    host.state === state &&
    host.lastBoot !== undefined &&
    now.getTime() - host.lastBoot.getTime() < SAME_BOOT_MS;
  steps.take(host.state === state ? changeWords['last-boot'] : wordsWith('reported', state), {
    state,
    lastBoot: isSameBoot ? host.lastBoot : now,
    osVersion: report.osVersion ?? host.osVersion,
    versions: report.versions ?? host.versions,
  });
  return steps.plan();
}
