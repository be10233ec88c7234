import { nearest } from '../config/nearest.js';
import type { NamedSecret, SecretsConfig } from '../config/secrets-section.js';
import { cleanText, showValue, UnfitValue } from '../errors.js';
import type { Host } from '../host/host.js';

/** The secret of that name, if the machine may have it. @throws UnfitValue that says why not, and what would help */
export function secretFor(
  name: string,
  { serial, profile }: Pick<Host, 'serial' | 'profile'>,
  named: SecretsConfig['named'],
): NamedSecret {
  const secret = secretNamed(name, named);
  const { profiles, hosts } = secret;
  if (profiles === undefined && hosts === undefined) return secret;
  if (profiles?.includes(profile ?? '') || hosts?.includes(serial)) return secret;
  throw new UnfitValue(
    `asks for ${name}, which ${serial} of profile ${profile ?? 'none'} may not have: add one of them to secrets.named.${name}, or do not ask for it here`,
  );
}

/** As `secretFor`, of any machine of the profile. */
export function secretForProfile(name: string, profile: string, named: SecretsConfig['named']): NamedSecret {
  const secret = secretNamed(name, named);
  if (secret.profiles === undefined || secret.hosts !== undefined || secret.profiles.includes(profile))
    return secret;
  throw new UnfitValue(
    `asks for ${name}, which no machine of profile ${profile} may have: add it to secrets.named.${name}.profiles`,
  );
}

function secretNamed(name: string, named: SecretsConfig['named']): NamedSecret {
  const secret = Object.hasOwn(named, name) ? named[name] : undefined;
  if (secret) return secret;
  const names = Object.keys(named);
  const meant = nearest(name, names);
  const remedy =
    meant !== undefined
      ? `did you mean ${cleanText(meant)}?`
      : `add it to secrets.named${names.length === 0 ? '' : `, or use one of ${names.slice(0, 10).join(', ')}`}`;
  throw new UnfitValue(`asks for ${showValue(name)}, and there is no such secret: ${remedy}`);
}
