import type { Host } from './host.js';
import { DEFAULT_PROFILE } from './profile.js';

/** As much of a profile as finding the version of a host's operating system needs. */
export interface ProfileVersion {
  readonly name: string;
  readonly osVersion: string;
}

/** The versions that a configuration names. */
export interface OsVersions {
  readonly profiles: readonly ProfileVersion[];
  /** That of machines nobody knows, and of hosts without a known profile. */
  readonly defaultOsVersion?: string | undefined;
}

/** The override that pins the version for one host, under the name that Mayu gave it. */
export const OS_VERSION_OVERRIDE = 'CoreOSVersion';

/**
 * The version whose image the host gets: its override, else the one it is being installed with, else its profile's. What a running
 * machine reports of its system is no name of an image. Undefined when it has no known profile either.
 */
export function osVersionOf(
  host: Pick<Host, 'overrides' | 'osVersion' | 'profile' | 'state'>,
  versions: OsVersions,
): string | undefined {
  return (
    pinnedOsVersion(host) ??
    (host.state === 'running' ? undefined : host.osVersion) ??
    versions.profiles.find(({ name }) => name === host.profile)?.osVersion ??
    defaultOsVersion(versions)
  );
}

/** Undefined where the host has no such override, or one that is no name. */
export function pinnedOsVersion({ overrides }: Pick<Host, 'overrides'>): string | undefined {
  const pinned = overrides[OS_VERSION_OVERRIDE];
  return typeof pinned === 'string' ? pinned : undefined;
}

/** What is served to machines that nobody knows yet: without a setting of its own that of the profile `default`. */
export function defaultOsVersion({ profiles, defaultOsVersion: given }: OsVersions): string | undefined {
  return given ?? profiles.find(({ name }) => name === DEFAULT_PROFILE)?.osVersion;
}
