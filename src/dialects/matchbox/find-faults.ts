import { ImagoError, showValue } from '../../errors.js';
import type { Group } from './group.js';
import type { Labels } from './labels.js';
import type { Languages, Template } from './languages.js';
import { checkCloudConfig } from './cloud-config.js';
import type { TemplateKind } from './matchbox-book.js';
import type { Profile } from './profile.js';
import { variablesOf } from './variables.js';

interface Found {
  readonly groups: ReadonlyMap<string, Group>;
  readonly profiles: ReadonlyMap<string, Profile>;
  readonly templates: Readonly<Record<TemplateKind, ReadonlyMap<string, Buffer>>>;
}

/**
 * What machines would be answered with 404 for: groups without their profile, profiles without their templates, templates that
 * cannot be parsed, or rendered for a group. A sentence each, that names file, and line where there is one.
 */
export async function findFaults(found: Found, languages: Languages): Promise<readonly string[]> {
  const faults = new Set<string>();
  const parsed = new Map<string, Template>();
  for (const [kind, templates] of Object.entries(found.templates)) {
    for (const [name, text] of templates) {
      const path = `${kind}/${name}`;
      if (kind === 'ignition' && isIgnitionFile(name)) {
        await note(faults, () => languages.ignition(text.toString('utf8'), path));
      } else {
        await note(faults, () => parsed.set(path, languages.template(path, text)));
      }
    }
  }
  for (const [name, profile] of found.profiles) {
    for (const [kind, template] of templatesOf(profile)) {
      if (!found.templates[kind].has(template))
        faults.add(`profiles/${name}.json: ${kind}_id: there is no ${kind}/${showValue(template)}`);
    }
  }
  for (const [name, group] of found.groups) {
    const profile = found.profiles.get(group.profile);
    if (!profile) {
      faults.add(
        `groups/${name}.json: profile: there is no profile ${showValue(group.profile)}, or it is faulty`,
      );
      continue;
    }
    for (const [kind, template] of templatesOf(profile)) {
      const path = `${kind}/${template}`;
      const ready = parsed.get(path);
      if (ready)
        await note(
          faults,
          async () => tryOut(kind, path, ready, group, languages),
          `, for groups/${name}.json`,
        );
    }
  }
  return [...faults];
}

/** Whether a file is Ignition as it is, and no template. */
export function isIgnitionFile(name: string): boolean {
  return /\.ign(ition)?$/.test(name);
}

function templatesOf({
  ignitionId,
  cloudId,
  genericId,
}: Profile): readonly (readonly [TemplateKind, string])[] {
  const all = [
    ['ignition', ignitionId],
    ['cloud', cloudId],
    ['generic', genericId],
  ] as const;
  return all.filter(([, name]) => name !== '');
}

/** @throws ImagoError */
async function tryOut(
  kind: TemplateKind,
  path: string,
  template: Template,
  group: Group,
  languages: Languages,
): Promise<void> {
  const labels = labelsLike(group);
  const query = Array.from(
    labels,
    ([name, value]) => `${encodeURIComponent(name)}=${encodeURIComponent(value)}`,
  );
  const text = template.execute(variablesOf(group, labels, query.join('&')));
  if (kind === 'ignition') await languages.translate(text, path);
  if (kind === 'cloud') checkCloudConfig(text, path);
}

/** What a machine of the group may say of itself: what iPXE says of each, and what the group wants. */
function labelsLike({ selector }: Group): Labels {
  const said = { uuid: '', mac: '52:54:00:00:00:01', domain: '', hostname: '', serial: '', arch: 'x86_64' };
  return new Map(Object.entries({ ...said, ...selector }));
}

async function note(faults: Set<string>, attempt: () => unknown, of = ''): Promise<void> {
  try {
    await attempt();
  } catch (error) {
    if (!(error instanceof ImagoError)) throw error;
    faults.add(`${error.message}${of}`);
  }
}
