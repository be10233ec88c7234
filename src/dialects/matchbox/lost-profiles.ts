import { showValue } from '../../errors.js';
import type { Group } from './group.js';

/** A sentence for each profile that groups name and that is not there: their machines get 404. */
export function lostProfiles(
  groups: Iterable<Group>,
  mayHave: (profile: string) => boolean,
): readonly string[] {
  const lost = new Map<string, { readonly first: string; groups: number }>();
  for (const { id, profile } of groups) {
    if (mayHave(profile)) continue;
    const known = lost.get(profile) ?? { first: id, groups: 0 };
    known.groups += 1;
    lost.set(profile, known);
  }
  return Array.from(lost, ([profile, { first, groups: count }]) => {
    const others = count === 1 ? '' : `, and ${count - 1} more,`;
    const name = count === 1 ? 'names' : 'name';
    return `group ${showValue(first)}${others} ${name} profile ${showValue(profile)}, which is not there`;
  });
}
