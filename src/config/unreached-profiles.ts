import { DEFAULT_PROFILE, type ProfileQuota } from '../host/profile.js';
import { covers } from '../host/profile-match.js';
import type { ProfileMode } from '../host/profile-mode.js';

interface Asked extends ProfileQuota {
  readonly mode: ProfileMode;
}

/** Profiles that no new machine is ever given, and why. An operator may give them all the same. */
export function unreachedProfiles(profiles: readonly Asked[]): readonly string[] {
  return profiles.flatMap((profile, index) => {
    const reason =
      profile.name === DEFAULT_PROFILE ? undefined : reasonOf(profile, profiles.slice(0, index), profiles);
    return reason === undefined ? [] : [`profile ${profile.name} is never given to a new machine: ${reason}`];
  });
}

function reasonOf(profile: Asked, before: readonly Asked[], all: readonly Asked[]): string | undefined {
  const { match, quantity } = profile;
  if (quantity === 0) return 'its quantity is 0';
  const wider = before.find(
    (other) => other.name !== DEFAULT_PROFILE && other.quantity === undefined && covers(other.match, match),
  );
  if (wider) return `${wider.name} stands before it and takes any number of such machines; put it behind`;
  const asks = all.some(({ mode, match: other }) => mode === 'two-stage' && !other?.disks);
  return match?.disks === undefined || asks
    ? undefined
    : 'it hangs on disks, which the installer of a two-stage profile without such a condition tells, and there is none';
}
