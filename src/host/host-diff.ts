import { hostFromJson, hostToJson } from './host-json.js';
import type { Host } from './host.js';
import { mergeFields } from './record-kind.js';

/** A field, under its name on disk, that is not the same in two versions of a host; undefined where it is not set. */
export interface FieldDifference {
  readonly field: string;
  readonly before: unknown;
  readonly after: unknown;
}

export function diffHosts(before: Host | undefined, after: Host | undefined): readonly FieldDifference[] {
  const old = before ? hostToJson(before) : {};
  const now = after ? hostToJson(after) : {};
  return [...new Set([...Object.keys(old), ...Object.keys(now)])]
    .filter((field) => JSON.stringify(old[field]) !== JSON.stringify(now[field]))
    .map((field) => ({ field, before: old[field], after: now[field] }));
}

/**
 * The host with the settings of an earlier version. What the machine itself reports stays: its state in the life cycle,
 * its hardware, its last boot and the software it runs are facts that a commit cannot take back. The profile is one that an operator
 * set, then.
 */
export function rolledBack(current: Host, earlier: Host): Host {
  const facts = reported.filter((field) => current[field] !== undefined);
  const settings = Object.entries(earlier).filter(
    ([field]) => !isReported(field) && field !== 'isProfileTentative',
  );
  return {
    ...Object.fromEntries(settings),
    ...Object.fromEntries(facts.map((field) => [field, current[field]])),
  } as unknown as Host;
}

/**
 * An operator's edit of a file, put on top of what happened to the host meanwhile: fields that the operator changed are
 * as he wrote them, all others as they are now.
 * @param base what the operator had before him; undefined when that is not known, and then his file counts as a whole.
 */
export function mergeEdit(base: Host | undefined, edited: Host, current: Host | undefined): Host {
  if (!base || !current) return edited;
  const merged = hostFromJson(mergeFields(hostToJson(base), hostToJson(edited), hostToJson(current)));
  if (merged.profile === current.profile) return merged;
  const { isProfileTentative: _, ...set } = merged;
  return set;
}

const reported = [
  'serial',
  'state',
  'uuid',
  'bootMac',
  'cards',
  'macAddresses',
  'machineId',
  'osVersion',
  'diskless',
  'platform',
  'hardware',
  'versions',
  'lastBoot',
  'lock',
] as const satisfies readonly (keyof Host)[];

function isReported(field: string): boolean {
  return (reported as readonly string[]).includes(field);
}
