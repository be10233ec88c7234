import type { Host } from './host.js';
import { DEFAULT_PROFILE } from './profile.js';

/** As much of a profile as finding the version of a host's operating system needs. */
export interface ProfileVersion {
  readonly name: string;
  readonly osVersion: string;
}

/** The override that pins the version for one host, under the name that Mayu gave it. */
export const OS_VERSION_OVERRIDE = 'CoreOSVersion';

/**
 * The version whose image the host gets: its override, else the one it is being installed with, else its profile's. What a running
 * machine reports of its system is no name of an image. Undefined when it has no known profile either.
 */
export function osVersionOf(
  host: Pick<Host, 'overrides' | 'osVersion' | 'profile' | 'state'>,
  profiles: readonly ProfileVersion[],
): string | undefined {
  return (
    pinnedOsVersion(host) ??
    (host.state === 'running' ? undefined : host.osVersion) ??
    profiles.find(({ name }) => name === host.profile)?.osVersion ??
    defaultOsVersion(profiles)
  );
}

/** Undefined where the host has no such override, or one that is no name. */
export function pinnedOsVersion({ overrides }: Pick<Host, 'overrides'>): string | undefined {
  const pinned = overrides[OS_VERSION_OVERRIDE];
  return typeof pinned === 'string' ? pinned : undefined;
}

export function defaultOsVersion(profiles: readonly ProfileVersion[]): string | undefined {
  return profiles.find(({ name }) => name === DEFAULT_PROFILE)?.osVersion;
}
