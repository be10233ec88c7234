import { rawKind, type RecordKind } from '../../../host/record-kind.js';
import { jsonIn } from '../../../json.js';
import { Fields, goJson } from '../go-json.js';
import { fieldsOfGroup, parseGroup, type Group } from '../group.js';
import { JsonFields } from '../json-fields.js';
import { formatProfile, parseProfile, type Profile } from '../profile.js';

const words = {
  created: 'created',
  changed: 'changed …',
  deleted: 'deleted',
  imported: 'imported from matchbox',
} as const;

export type MatchboxCode = keyof typeof words;

/** Beside metadata that whoever put it wrote in another form than Go would: he gets it back byte for byte. */
const AS_WRITTEN = 'metadata_as_written';

export const groupKind: RecordKind<Group, MatchboxCode> = {
  name: 'groups',
  parse(text, path) {
    const group = parseGroup(text, path, nameIn(path));
    const fields = JsonFields.of(text, path);
    requireName(fields, group.id, path);
    if (group.profile === '') throw fields.fault('profile', '', 'is empty: a group needs one');
    const written = fields.text(AS_WRITTEN);
    const isCurrent = written !== '' && goJson(jsonIn(written)) === group.metadata;
    return isCurrent ? { ...group, metadata: written } : group;
  },
  format(group) {
    const { metadata } = group;
    const canonical = metadata === undefined ? undefined : goJson(JSON.parse(metadata));
    const fields = [
      ...fieldsOfGroup(group),
      ...(canonical === '{}' ? [['metadata', {}] as const] : []),
      ...(canonical === metadata ? [] : [[AS_WRITTEN, metadata] as const]),
    ];
    return `${goJson(new Fields(fields), '\t')}\n`;
  },
  words,
};

export const profileKind: RecordKind<Profile, MatchboxCode> = {
  name: 'profiles',
  parse(text, path) {
    const profile = parseProfile(text, path);
    requireName(JsonFields.of(text, path), profile.id, path);
    return profile;
  },
  format: (profile) => `${formatProfile(profile)}\n`,
  words,
};

export const ignitionKind = rawKind('ignition', words);
export const cloudKind = rawKind('cloud', words);
export const genericKind = rawKind('generic', words);

/** What the store is opened with where matchbox's data are records. */
export const matchboxKinds: readonly RecordKind[] = [
  groupKind,
  profileKind,
  ignitionKind,
  cloudKind,
  genericKind,
] as readonly unknown[] as readonly RecordKind[];

/** Of the record that a file is: what it is found by. */
function nameIn(path: string): string {
  return path.replace(/^.*\//s, '').replace(/\.json$/, '');
}

/** @throws InvalidRecord */
function requireName(fields: JsonFields, id: string, path: string): void {
  if (id !== nameIn(path)) throw fields.fault('id', id, `is not what its file is named by: ${nameIn(path)}`);
}
