import type { FleetView } from './host-store.js';
import {
  conditionsOf,
  fitsMatch,
  type Condition,
  type MatchedMachine,
  type ProfileMatch,
} from './profile-match.js';

/** As much of a profile as assigning one needs. */
export interface ProfileQuota {
  readonly name: string;
  /** How many hosts it takes at most; without one it takes any number. */
  readonly quantity?: number | undefined;
  /** Which machines it is for; without one for every machine. */
  readonly match?: ProfileMatch | undefined;
}

export const DEFAULT_PROFILE = 'default';

type Counts = Pick<FleetView, 'profileCount'>;

export interface ChosenProfile<P extends ProfileQuota> {
  /** Undefined where none takes it. */
  readonly profile: P | undefined;
  /** Whether an earlier one might take it, by what the machine has not said yet. */
  readonly isTentative: boolean;
}

/**
 * The first profile, in the order of the configuration, that still takes a host and is for such a machine; `default` when there is
 * none. Of what the machine has not said nothing holds.
 * @param own The profile that the host counts for already.
 */
export function profileForNewHost<P extends ProfileQuota>(
  profiles: readonly P[],
  fleet: Counts,
  machine: MatchedMachine,
  own?: string,
): ChosenProfile<P> {
  let mightBe = false;
  for (const profile of profiles) {
    if (profile.name === DEFAULT_PROFILE || isFull(profile, fleet, own)) continue;
    const fits = fitsMatch(profile.match, machine);
    if (fits === true) return chosen(profile, mightBe);
    mightBe ||= fits === undefined;
  }
  return chosen(
    profiles.find(({ name }) => name === DEFAULT_PROFILE),
    mightBe,
  );
}

function chosen<P extends ProfileQuota>(profile: P | undefined, mightBe: boolean): ChosenProfile<P> {
  return { profile, isTentative: mightBe && profile !== undefined };
}

function isFull({ name, quantity }: ProfileQuota, fleet: Counts, own: string | undefined): boolean {
  return fleet.profileCount(name) - (name === own ? 1 : 0) >= (quantity ?? Infinity);
}

/**
 * `takes`: the machine gets it. `full`: others have it. `fails`: it is for other machines. `unknown`: that hangs on what the machine has
 * not said. `later`: it would take the machine, if none before it did.
 */
export type ProfileVerdict = 'takes' | 'full' | 'fails' | 'unknown' | 'later';

/** What a profile says to a machine, for people. */
export interface WeighedProfile {
  readonly name: string;
  /** Hosts that have it, the machine itself not counted. */
  readonly hosts: number;
  readonly quantity: number | undefined;
  readonly verdict: ProfileVerdict;
  /** In the order in which they are looked at. */
  readonly conditions: readonly Condition[];
}

/** In the order in which they are asked; `default` comes last. */
export function weighedProfiles(
  profiles: readonly ProfileQuota[],
  fleet: Counts,
  machine: MatchedMachine,
  own?: string,
): readonly WeighedProfile[] {
  const inOrder = [
    ...profiles.filter(({ name }) => name !== DEFAULT_PROFILE),
    ...profiles.filter(({ name }) => name === DEFAULT_PROFILE),
  ];
  const takes = profileForNewHost(profiles, fleet, machine, own).profile?.name;
  return inOrder.map((profile) => {
    const { name, quantity, match = {} } = profile;
    const isDefault = name === DEFAULT_PROFILE;
    return {
      name,
      hosts: fleet.profileCount(name) - (name === own ? 1 : 0),
      quantity: isDefault ? undefined : quantity,
      verdict: name === takes ? 'takes' : isDefault ? 'later' : verdictOf(profile, fleet, machine, own),
      conditions: isDefault ? [] : conditionsOf(match, machine),
    };
  });
}

function verdictOf(
  profile: ProfileQuota,
  fleet: Counts,
  machine: MatchedMachine,
  own: string | undefined,
): ProfileVerdict {
  const fits = fitsMatch(profile.match, machine);
  if (fits === false) return 'fails';
  if (isFull(profile, fleet, own)) return 'full';
  return fits === undefined ? 'unknown' : 'later';
}
