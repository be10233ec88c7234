import type { PowerConfig } from '../config/power-section.js';

type Environment = Record<string, string | undefined>;

/**
 * The environment as it is, for those who may look passwords up in it; those that the configuration names are then taken out of
 * it, so that no process which the daemon starts inherits them.
 */
export function takeSecrets(environment: Environment, power: PowerConfig): Readonly<Environment> {
  const copy = { ...environment };
  for (const name of variablesIn(power)) delete environment[name];
  return copy;
}

function variablesIn({ password, profiles, hosts }: PowerConfig): readonly string[] {
  const sources = [
    password,
    ...Object.values(profiles).map((profile) => profile.password),
    ...[...hosts.values()].map((host) => host.password),
  ];
  return sources.flatMap((source) => (source && 'variable' in source ? [source.variable] : []));
}
