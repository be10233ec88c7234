import type { Config } from '../config/schema.js';

type Environment = Record<string, string | undefined>;

/**
 * The environment as it is, for those who may look passwords up in it; those that the configuration names are then taken out of
 * it, so that no process which the daemon starts inherits them.
 */
export function takeSecrets(
  environment: Environment,
  config: Pick<Config, 'power' | 'events' | 'store' | 'matchbox'>,
): Readonly<Environment> {
  const copy = { ...environment };
  hideSecrets(environment, config);
  return copy;
}

/** Takes out of the environment what the configuration names as a password. */
export function hideSecrets(
  environment: Environment,
  config: Pick<Config, 'power' | 'events' | 'store' | 'matchbox'>,
): void {
  for (const name of variablesIn(config)) delete environment[name];
}

function variablesIn({
  power,
  events,
  store,
  matchbox,
}: Pick<Config, 'power' | 'events' | 'store' | 'matchbox'>): readonly string[] {
  const { password, profiles, hosts } = power;
  const sources = [
    password,
    ...Object.values(profiles).map((profile) => profile.password),
    ...[...hosts.values()].map((host) => host.password),
    ...events.webhooks.map(({ secret }) => secret),
    store.remote?.password,
  ];
  const named = sources.flatMap((source) => (source && 'variable' in source ? [source.variable] : []));
  return matchbox.keyRing === undefined ? named : [...named, MATCHBOX_PASSPHRASE];
}

/** Of the key ring of matchbox; its users have it there already. */
const MATCHBOX_PASSPHRASE = 'MATCHBOX_PASSPHRASE';
