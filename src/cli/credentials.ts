import { mkdir, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Identity, Trust } from '../api/trust.js';
import { ImagoError } from '../errors.js';
import { replaceFile } from '../files/durable-file.js';
import { ifPresent, readIfPresent } from '../files/if-present.js';
import { jsonIn } from '../json.js';
import type { Connection, Environment } from './connection.js';

/** What `imagoctl login` keeps of one server. */
export interface Login {
  readonly token?: string | undefined;
  /** Files of a client's certificate and its key, which show who asks instead. */
  readonly identity?: Identity | undefined;
  /** Without it the server is believed by the CAs of this computer. */
  readonly trust?: Trust | undefined;
}

/** By server, as in `rack1:4443`. */
export type Credentials = ReadonlyMap<string, Login>;

/** Others can read the tokens. */
class CredentialsExposed extends ImagoError {
  readonly code = 'CREDENTIALS_EXPOSED';

  constructor(file: string, mode: number) {
    const shown = `0${(mode & 0o777).toString(8)}`;
    super(
      `${file} holds tokens and may be used by others (mode ${shown}): chmod 600 ${file}, and revoke its tokens if somebody may have read it`,
      { file, mode: shown },
    );
  }
}

class CredentialsDamaged extends ImagoError {
  readonly code = 'CREDENTIALS_DAMAGED';

  constructor(file: string) {
    super(`${file} is not what imagoctl login writes: remove it and log in again`, { file });
  }
}

/** XDG Base Directory Specification: a relative path there is none. */
export function credentialsFile(environment: Environment, home: string): string {
  const folder = environment['XDG_CONFIG_HOME'];
  return join(folder?.startsWith('/') ? folder : join(home, '.config'), 'imago', 'credentials.json');
}

export function serverKey({ host, port }: Pick<Connection, 'host' | 'port'>): string {
  return `${host.toLowerCase()}:${Number(port)}`;
}

/** @throws CredentialsExposed, CredentialsDamaged */
export async function readCredentials(file: string): Promise<Credentials> {
  const found = await ifPresent(stat(file));
  if (!found) return new Map();
  if ((found.mode & 0o077) !== 0) throw new CredentialsExposed(file, found.mode);
  const credentials = parseCredentials((await readIfPresent(file)) ?? '');
  if (!credentials) throw new CredentialsDamaged(file);
  return credentials;
}

/** Whole at each moment, and for its owner alone. */
export async function writeCredentials(file: string, credentials: Credentials): Promise<void> {
  await mkdir(dirname(file), { recursive: true, mode: 0o700 });
  const servers = Object.fromEntries(
    [...credentials].map(([server, { token, identity, trust }]) => [server, { ...trust, token, identity }]),
  );
  await replaceFile(file, `${JSON.stringify({ servers }, null, 2)}\n`, 0o600);
}

/** By hand: `list` is to be there before zod would be loaded. */
function parseCredentials(text: string): Credentials | undefined {
  const servers = recordIn(recordIn(jsonIn(text))?.['servers']);
  if (!servers) return undefined;
  const logins = Object.entries(servers).map(([server, value]) => [server, parseLogin(value)] as const);
  return logins.every((entry): entry is readonly [string, Login] => entry[1] !== undefined)
    ? new Map(logins)
    : undefined;
}

/** Where what the server is known by is damaged, there is no login: it would be believed by less. */
function parseLogin(value: unknown): Login | undefined {
  const { token, identity, fingerprint, authority, authorities } = recordIn(value) ?? {};
  const { certificate, key } = recordIn(identity) ?? {};
  const proof =
    typeof token === 'string'
      ? { token }
      : typeof certificate === 'string' && typeof key === 'string' && { identity: { certificate, key } };
  if (!proof) return undefined;
  if (typeof authorities === 'string') return { ...proof, trust: { authorities } };
  if (typeof fingerprint !== 'string') return fingerprint === undefined ? proof : undefined;
  const isKnown = typeof authority === 'string';
  return { ...proof, trust: { fingerprint, ...(isKnown && { authority }) } };
}

function recordIn(value: unknown): Readonly<Record<string, unknown>> | undefined {
  return typeof value === 'object' && value !== null ? { ...value } : undefined;
}
