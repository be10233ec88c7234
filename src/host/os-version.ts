import type { Host } from './host.js';
import { DEFAULT_PROFILE } from './profile.js';

/** As much of a profile as finding the version of a host's operating system needs. */
export interface ProfileVersion {
  readonly name: string;
  readonly osVersion: string;
}

/** The override that pins the version for one host, under the name that Mayu gave it. */
export const OS_VERSION_OVERRIDE = 'CoreOSVersion';

/** The override of the host, else its own version, else its profile's. Undefined when it has no known profile either. */
export function osVersionOf(
  host: Pick<Host, 'overrides' | 'osVersion' | 'profile'>,
  profiles: readonly ProfileVersion[],
): string | undefined {
  return (
    host.overrides[OS_VERSION_OVERRIDE] ??
    host.osVersion ??
    profiles.find(({ name }) => name === host.profile)?.osVersion ??
    defaultOsVersion(profiles)
  );
}

export function defaultOsVersion(profiles: readonly ProfileVersion[]): string | undefined {
  return profiles.find(({ name }) => name === DEFAULT_PROFILE)?.osVersion;
}
