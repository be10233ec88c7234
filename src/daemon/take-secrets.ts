import type { Config } from '../config/schema.js';

type Environment = Record<string, string | undefined>;

/**
 * The environment as it is, for those who may look passwords up in it; those that the configuration names are then taken out of
 * it, so that no process which the daemon starts inherits them.
 */
export function takeSecrets(
  environment: Environment,
  config: Pick<Config, 'power' | 'events' | 'store'>,
): Readonly<Environment> {
  const copy = { ...environment };
  hideSecrets(environment, config);
  return copy;
}

/** Takes out of the environment what the configuration names as a password. */
export function hideSecrets(
  environment: Environment,
  config: Pick<Config, 'power' | 'events' | 'store'>,
): void {
  for (const name of variablesIn(config)) delete environment[name];
}

function variablesIn({
  power,
  events,
  store,
}: Pick<Config, 'power' | 'events' | 'store'>): readonly string[] {
  const { password, profiles, hosts } = power;
  const sources = [
    password,
    ...Object.values(profiles).map((profile) => profile.password),
    ...[...hosts.values()].map((host) => host.password),
    ...events.webhooks.map(({ secret }) => secret),
    store.remote?.password,
  ];
  return sources.flatMap((source) => (source && 'variable' in source ? [source.variable] : []));
}
