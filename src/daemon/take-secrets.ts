import type { Config } from '../config/schema.js';
import { secretPlaces } from './secret-places.js';

type Environment = Record<string, string | undefined>;
/** Any section may name a secret. */
type SecretSections = Partial<Config> & Pick<Config, 'matchbox'>;

/**
 * The environment as it is, for those who may look passwords up in it; those that the configuration names are then taken out of
 * it, so that no process which the daemon starts inherits them.
 */
export function takeSecrets(environment: Environment, config: SecretSections): Readonly<Environment> {
  const copy = { ...environment };
  hideSecrets(environment, config);
  return copy;
}

/** Takes out of the environment what the configuration names as a password. */
export function hideSecrets(environment: Environment, config: SecretSections): void {
  for (const name of variablesIn(config)) delete environment[name];
}

function variablesIn(config: SecretSections): readonly string[] {
  const named = secretPlaces(config).flatMap(({ source }) => ('variable' in source ? [source.variable] : []));
  return config.matchbox.keyRing === undefined ? named : [...named, MATCHBOX_PASSPHRASE];
}

/** Of the key ring of matchbox; its users have it there already. */
const MATCHBOX_PASSPHRASE = 'MATCHBOX_PASSPHRASE';
