type Environment = Readonly<Record<string, string | undefined>>;

/** How imagoctl would find another imago: what the operator's own shell says is about that. */
const others: ReadonlySet<string> = new Set([
  'IMAGO_HOST',
  'IMAGO_PORT',
  'IMAGO_TLS',
  'IMAGO_NO_TLS',
  'IMAGO_TLS_CA',
  'IMAGO_TLS_CERT',
  'IMAGO_TLS_KEY',
  'IMAGO_FINGERPRINT',
  'IMAGO_TOKEN',
  'IMAGO_URL',
  'IMAGO_SERIAL',
]);

/**
 * The environment of a program on the provisioning network: imagoctl is on its path and speaks to the sandbox's imago.
 * @param socket of that
 */
export function operatorEnvironment(environment: Environment, programs: string, socket: string): Environment {
  const own = Object.fromEntries(Object.entries(environment).filter(([name]) => !others.has(name)));
  return {
    ...own,
    PATH: [programs, environment['PATH']].filter(Boolean).join(':'),
    IMAGO_SOCKET: socket,
  };
}
