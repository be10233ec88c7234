import { SERVER_ADDRESS } from './network.js';

type Environment = Readonly<Record<string, string | undefined>>;

export const PORT = 4080;

/** Where else imagoctl would look for imago: what the operator's own shell says is about another one. */
const others: ReadonlySet<string> = new Set(['IMAGO_URL', 'IMAGO_TLS', 'IMAGO_NO_TLS', 'IMAGO_SERIAL']);

/** The environment of a program on the provisioning network: imagoctl is on its path and speaks to the sandbox's imago. */
export function operatorEnvironment(environment: Environment, programs: string): Environment {
  const own = Object.fromEntries(Object.entries(environment).filter(([name]) => !others.has(name)));
  return {
    ...own,
    PATH: [programs, environment['PATH']].filter(Boolean).join(':'),
    IMAGO_HOST: SERVER_ADDRESS,
    IMAGO_PORT: String(PORT),
  };
}
