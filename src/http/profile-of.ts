import type { Config, ProfileConfig } from '../config/schema.js';
import type { Host } from '../host/host.js';
import { DEFAULT_PROFILE } from '../host/profile.js';

/** Undefined when the configuration has no profile of that name any more. */
export function profileOf(
  host: Pick<Host, 'profile'>,
  { profiles }: Pick<Config, 'profiles'>,
): ProfileConfig | undefined {
  return profiles.find(({ name }) => name === host.profile);
}

export function defaultProfile({ profiles }: Pick<Config, 'profiles'>): ProfileConfig | undefined {
  return profiles.find(({ name }) => name === DEFAULT_PROFILE);
}
