import { InvalidValue } from '../errors.js';
import type { ProvisioningProfile, ProvisioningSettings } from './provisioning-settings.js';

/** @throws InvalidValue that names those there are. */
export function profileNamed(name: string, { profiles }: ProvisioningSettings): ProvisioningProfile {
  const profile = profiles.find((each) => each.name === name);
  if (profile) return profile;
  const names = profiles.map((each) => each.name).join(', ');
  throw new InvalidValue('the name of a profile', name, `use one of ${names}`);
}
