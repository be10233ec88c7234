import { changeWords } from '../host/change-words.js';
import { cardsOf } from '../host/cards.js';
import type { Host } from '../host/host.js';
import type { FleetView } from '../host/host-store.js';
import type { MatchedMachine } from '../host/profile-match.js';
import { profileForNewHost, type ChosenProfile } from '../host/profile.js';
import { completedHardware, type Hardware } from '../host/hardware.js';
import type { HostSteps } from './host-steps.js';
import { withProfile } from './plan-amendment.js';
import type { ProvisioningProfile, ProvisioningSettings } from './provisioning-settings.js';

/** How much has been asked of the machine: nothing yet, what its firmware tells, or all that its installer can. */
export type Telling = 'nothing' | 'firmware' | 'all';

/** A host as conditions of profiles see it. */
export function matchedMachine(host: Host): MatchedMachine {
  return { ...host.hardware, mac: host.bootMac ?? cardsOf(host)[0] };
}

/**
 * The profile of a host that none was set for. It is tentative as long as an earlier one might take the machine, by what it is yet to
 * tell. After its firmware only an installer tells more, which a two-stage profile alone begins with.
 */
export function chooseProfile(
  host: Host,
  fleet: FleetView,
  { profiles }: ProvisioningSettings,
  told: Telling,
): ChosenProfile<ProvisioningProfile> {
  const { profile, isTentative } = profileForNewHost(profiles, fleet, matchedMachine(host), host.profile);
  const tellsMore =
    told === 'nothing' || (told === 'firmware' && (profile?.mode ?? 'two-stage') === 'two-stage');
  return { profile, isTentative: isTentative && tellsMore };
}

/** Decides a tentative profile once more, now that the machine has told more. One that an operator set is never asked again. */
export function decideAgain(
  steps: HostSteps,
  said: Hardware | undefined,
  told: Exclude<Telling, 'nothing'>,
  fleet: FleetView,
  settings: ProvisioningSettings,
): void {
  const { host } = steps;
  if (host.isProfileTentative !== true || host.state !== 'configured') return;
  const hardware = completedHardware(host.hardware, said, told === 'all');
  const { profile, isTentative } = chooseProfile(
    { ...host, ...(hardware && { hardware }) },
    fleet,
    settings,
    told,
  );
  const flag = { isProfileTentative: isTentative ? true : undefined };
  if (!profile || profile.name === host.profile) {
    steps.take(changeWords.hardware, { hardware, ...flag });
    return;
  }
  steps.take(changeWords.hardware, { hardware });
  withProfile(steps, profile, settings, flag);
}
