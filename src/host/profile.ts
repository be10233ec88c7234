import type { FleetView } from './host-store.js';

/** As much of a profile as assigning one needs. */
export interface ProfileQuota {
  readonly name: string;
  /** How many hosts it takes at most; without one it takes any number. */
  readonly quantity?: number | undefined;
}

export const DEFAULT_PROFILE = 'default';

/** The first profile, in the order of the configuration, that still takes a host; `default` when all are full. */
export function profileForNewHost<P extends ProfileQuota>(
  profiles: readonly P[],
  fleet: Pick<FleetView, 'profileCount'>,
): P | undefined {
  return (
    profiles.find(
      ({ name, quantity }) => name !== DEFAULT_PROFILE && fleet.profileCount(name) < (quantity ?? Infinity),
    ) ?? profiles.find(({ name }) => name === DEFAULT_PROFILE)
  );
}
