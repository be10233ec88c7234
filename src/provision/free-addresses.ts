import { extraNicsFor, isExtraRangeFull, lacksExtraAddress } from '../host/extra-nics.js';
import type { FleetView } from '../host/host-store.js';
import { rangeContains, rangeSize, type Ipv4 } from '../net/ipv4.js';
import type { ProvisioningSettings } from './provisioning-settings.js';

/** How many new machines still find an address. Looks at every host once. */
export function countFreeAddresses(fleet: FleetView, { hostRange, promised }: ProvisioningSettings): number {
  const taken = new Set<Ipv4>([...promised.keys()].filter((address) => rangeContains(hostRange, address)));
  for (const { internalAddress } of fleet.hosts()) {
    if (internalAddress !== undefined && rangeContains(hostRange, internalAddress))
      taken.add(internalAddress);
  }
  return rangeSize(hostRange) - taken.size;
}

/**
 * Whether a machine that is to be installed still lacks an address on a further interface, and there is none.
 * @param alsoNew Whether a machine waits that is not a host yet.
 */
export function waitForExtraAddress(
  fleet: FleetView,
  { extraNics = [], profiles }: ProvisioningSettings,
  alsoNew: boolean,
): boolean {
  const ofProfile = new Map(
    profiles.map(({ name, network }) => [name, extraNicsFor(extraNics, network?.extraNics ?? [])]),
  );
  const all = [...extraNics, ...[...ofProfile.values()].flat()];
  if (all.length === 0) return false;
  const isWaiting =
    alsoNew ||
    [...fleet.hosts()].some((host) =>
      host.state === 'unknown'
        ? host.internalAddress !== undefined
        : host.state === 'configured' &&
          lacksExtraAddress(host, ofProfile.get(host.profile ?? '') ?? extraNics),
    );
  return isWaiting && isExtraRangeFull(all, fleet);
}
