import { isIPv6 } from 'node:net';
import { hostname, userInfo } from 'node:os';
import { join } from 'node:path';
import { showValue } from '../errors.js';
import { UsageError } from './errors.js';

export type Environment = Readonly<Record<string, string | undefined>>;

/** Over the network. */
export interface Connection {
  readonly host: string;
  readonly port: string;
  readonly tls: boolean;
}

/** What a command line says of where imago is; what it does not say is undefined. */
export interface ConnectionWords {
  readonly host?: string | undefined;
  readonly port?: string | undefined;
  readonly tls?: boolean | undefined;
}

export type Place = Connection | { readonly socketPath: string };

/** Of `listeners.admin`: HTTPS, and plain HTTP where it is `trusted`, or where machines report of themselves. */
const DEFAULT_PORT = '4443';
const PLAIN_PORT = '4080';
const DEFAULT_HOST = 'localhost';

/** Where systemd has imago make its socket. */
const SYSTEM_SOCKET = '/run/imago/admin.sock';

/** Where a daemon of this installation makes its socket, in the order of trial. */
export function usualSockets(root: string): readonly string[] {
  return [SYSTEM_SOCKET, join(root, 'var/admin.sock')];
}

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

/** `IMAGO_NO_TLS` wins, as a flag `--no-tls` would that is written last. undefined: neither is said. */
export function tlsFromEnvironment(environment: Environment): boolean | undefined {
  if (isOn(environment['IMAGO_NO_TLS'])) return false;
  return environment['IMAGO_TLS'] ? isOn(environment['IMAGO_TLS']) : undefined;
}

/**
 * Where the daemon is. Who names nothing of the network is on the server itself, and goes through its socket, where it is there.
 * @param usableSocket the first of the usual ones that may be used
 */
export function placeOf(
  words: ConnectionWords,
  environment: Environment,
  usableSocket: () => string | undefined,
): Place {
  if (isSilent(words, environment)) {
    const socketPath = environment['IMAGO_SOCKET'] || usableSocket();
    if (socketPath !== undefined) return { socketPath };
  }
  return networkPlace(words, environment);
}

/** Where the daemon is on the network, wherever its socket is. */
export function networkPlace(words: ConnectionWords, environment: Environment): Connection {
  const { host = DEFAULT_HOST, port, tls = true } = said(words, environment);
  return { host, port: port ?? (tls ? DEFAULT_PORT : PLAIN_PORT), tls };
}

/** What the environment has to show may be meant for no server that a login is kept of. */
const PROOFS = ['IMAGO_TOKEN', 'IMAGO_TLS_CERT', 'IMAGO_TLS_KEY', 'IMAGO_FINGERPRINT', 'IMAGO_TLS_CA'];

/** Nothing says which server is meant, not even by what is to be shown to it. */
export function namesNoServer(words: ConnectionWords, environment: Environment): boolean {
  return isSilent(words, environment) && PROOFS.every((name) => !environment[name]);
}

/**
 * Of which server the login is meant, where none is named.
 * @param kept the servers, as in `rack1:4443`
 * @param usual where no login leads elsewhere
 * @throws UsageError where it may be any of several
 */
export function loginMeant(kept: readonly string[], usual: Connection): Connection {
  if (kept.length === 0 || kept.includes(`${usual.host}:${usual.port}`)) return usual;
  const [server = '', ...others] = kept;
  if (others.length > 0)
    throw new UsageError(
      `logins are kept of several servers (${[...kept].sort().join(', ')}): name one with --host or IMAGO_HOST`,
    );
  const colon = server.lastIndexOf(':'); // addresses of IPv6 have more of them
  return { host: server.slice(0, colon), port: server.slice(colon + 1), tls: true };
}

function isSilent(words: ConnectionWords, environment: Environment): boolean {
  return Object.values(said(words, environment)).every((word) => word === undefined);
}

/** Where machines report of themselves: plain HTTP, unless TLS is asked for. */
export function placeForMachines(words: ConnectionWords, environment: Environment): Connection {
  const { host = DEFAULT_HOST, port = PLAIN_PORT, tls = false } = said(words, environment);
  return { host, port, tls };
}

/** A flag wins over its variable. */
function said(words: ConnectionWords, environment: Environment): ConnectionWords {
  return {
    host: words.host || environment['IMAGO_HOST'] || undefined,
    port: words.port ?? (environment['IMAGO_PORT'] || undefined),
    tls: words.tls ?? tlsFromEnvironment(environment),
  };
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
