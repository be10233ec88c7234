import { isIPv6 } from 'node:net';
import { hostname, userInfo } from 'node:os';
import { showValue } from '../errors.js';
import { UsageError } from './errors.js';

export interface Connection {
  readonly host: string;
  readonly port: string;
  readonly tls: boolean;
}

export const DEFAULT_HOST = 'localhost';
export const DEFAULT_PORT = '4080';

/** @throws UsageError */
export function baseUrlOf({ host, port, tls }: Connection): string {
  const isIpv6 = isIPv6(host);
  if (!isIpv6 && !/^[A-Za-z0-9._-]+$/.test(host)) {
    throw new UsageError(
      `${showValue(host)} is not a host: give --host or IMAGO_HOST a name or an address, without http:// and without the port, which is --port or IMAGO_PORT`,
    );
  }
  const number = Number(port);
  if (!/^\d{1,5}$/.test(port) || number < 1 || number > 65_535) {
    throw new UsageError(
      `${showValue(port)} is not a port: give --port or IMAGO_PORT a number from 1 to 65535`,
    );
  }
  return `${tls ? 'https' : 'http'}://${isIpv6 ? `[${host}]` : host}:${number}`;
}

type Environment = Readonly<Record<string, string | undefined>>;

/** `IMAGO_NO_TLS` wins, as a flag `--no-tls` would that is written last. */
export function tlsFromEnvironment(environment: Environment): boolean {
  return isOn(environment['IMAGO_TLS']) && !isOn(environment['IMAGO_NO_TLS']);
}

/** Where the daemon is when no flag says it. */
export function connectionFrom(environment: Environment): Connection {
  const { IMAGO_HOST: host, IMAGO_PORT: port } = environment;
  return { host: host || DEFAULT_HOST, port: port || DEFAULT_PORT, tls: tlsFromEnvironment(environment) };
}

/** The name that stands in the history of what this user changes. `account` is asked where the environment has no name. */
export function operatorName(
  environment: Environment,
  hostname: string,
  account: () => string | undefined = () => undefined,
): string {
  const user = environment['USER'] || environment['LOGNAME'] || account();
  return environment['IMAGO_OPERATOR'] || (user ? `${user}@${hostname}` : 'operator');
}

function isOn(value: string | undefined): boolean {
  return value !== undefined && !['', '0', 'false', 'no'].includes(value.toLowerCase());
}

/** Who runs this program. */
export function thisOperator(): string {
  return operatorName(process.env, hostname(), accountName);
}

/** The name of the account; containers run as numbers that have none. */
function accountName(): string | undefined {
  try {
    return userInfo().username;
  } catch (error) {
    if (error instanceof Error && 'syscall' in error) return undefined;
    throw error;
  }
}
