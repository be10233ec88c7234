import { jsonIn } from '../../json.js';
import { InvalidRecord } from '../../host/record-kind.js';
import { isNestedDeeper } from '../../host/nesting.js';
import { DEEPEST_JSON } from './go-json.js';
import { NO_MAC, type Group } from './group.js';
import { isMacName, normalMac } from './labels.js';
import type { Profile } from './profile.js';

/** A group that may be kept, with its hardware addresses as they are compared. @throws InvalidRecord */
export function completeGroup(group: Group): Group {
  requireText('id', group.id);
  requireText('profile', group.profile);
  if (group.metadata !== undefined) requireTable(group.metadata);
  const selector = Object.entries(group.selector).map(([name, value]) => {
    const fit = isMacName(name) ? normalMac(value) : value;
    if (fit === undefined) throw new InvalidRecord(`selector.${name}`, value, NO_MAC);
    return [name, fit] as const;
  });
  return { ...group, selector: Object.fromEntries(selector) };
}

/** A profile that may be kept. @throws InvalidRecord */
export function completeProfile(profile: Profile): Profile {
  requireText('id', profile.id);
  return profile;
}

function requireText(field: string, text: string): void {
  if (text === '') throw new InvalidRecord(field, '', 'is empty: it is required');
}

function requireTable(metadata: string): void {
  const table = jsonIn(metadata);
  if (typeof table !== 'object' || table === null || Array.isArray(table))
    throw new InvalidRecord('metadata', metadata, 'is no table in JSON');
  if (isNestedDeeper(table, DEEPEST_JSON))
    throw new InvalidRecord('metadata', metadata, `is nested more than ${DEEPEST_JSON} levels deep`);
}
