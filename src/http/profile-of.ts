import type { Config, ProfileConfig } from '../config/schema.js';
import type { Host } from '../host/host.js';
import { defaultOsVersion } from '../host/os-version.js';
import { DEFAULT_PROFILE } from '../host/profile.js';

/** Undefined when the configuration has no profile of that name any more. */
export function profileOf(
  host: Pick<Host, 'profile'>,
  { profiles }: Pick<Config, 'profiles'>,
): ProfileConfig | undefined {
  return profiles.find(({ name }) => name === host.profile);
}

/** Of a machine that nobody knows: it is of the default version. */
export function anyonesProfile(
  config: Pick<Config, 'profiles' | 'defaultOsVersion'>,
): ProfileConfig | undefined {
  const profile = config.profiles.find(({ name }) => name === DEFAULT_PROFILE);
  const osVersion = defaultOsVersion(config);
  return profile && osVersion !== undefined ? { ...profile, osVersion } : undefined;
}
