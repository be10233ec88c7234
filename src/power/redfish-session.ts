import type { z } from 'zod';
import { ImagoError } from '../errors.js';
import type { RedfishTarget } from './bmc-target.js';
import { BmcUnsupported } from './power-errors.js';
import type { RedfishConnection } from './redfish-connection.js';
import type { ServiceRoot } from './redfish-schema.js';
import type { Secret } from './secret.js';

/** Headers that authorize a call. */
export type Authorized = Readonly<Record<string, string>>;

/**
 * Logs in as the target says, acts, and logs out (DSP0266 §13.3): a BMC has few sessions, and a forgotten one may stay for half
 * an hour. A BMC without sessions gets the password with each call.
 */
export async function withRedfishSession<T>(
  connection: RedfishConnection,
  root: z.output<typeof ServiceRoot>,
  { authentication, user }: RedfishTarget,
  secret: Secret,
  act: (headers: Authorized) => Promise<T>,
): Promise<T> {
  const sessions = root.Links?.Sessions?.['@odata.id'];
  if (authentication === 'basic' || sessions === undefined) {
    const credentials = Buffer.from(`${user}:${secret.reveal()}`).toString('base64');
    return act({ authorization: `Basic ${credentials}` });
  }
  const { headers, body } = await connection.call({
    method: 'POST',
    path: sessions,
    body: { UserName: user, Password: secret.reveal() },
  });
  const token = headers['x-auth-token'];
  if (typeof token !== 'string') {
    throw new BmcUnsupported(connection.name, 'open a session', 'set power.redfish.authentication to basic');
  }
  const authorized = { 'x-auth-token': token };
  try {
    return await act(authorized);
  } finally {
    await logOut(connection, authorized, sessionPath(headers['location'], body));
  }
}

/** What the command came to matters more than whether its session could be closed: it ends by itself. */
async function logOut(
  connection: RedfishConnection,
  headers: Authorized,
  path: string | undefined,
): Promise<void> {
  if (path === undefined) return;
  try {
    await connection.call({ method: 'DELETE', path, headers });
  } catch (error) {
    if (!(error instanceof ImagoError) && !(error instanceof Error && error.name === 'AbortError'))
      throw error;
  }
}

function sessionPath(location: string | string[] | undefined, body: unknown): string | undefined {
  if (typeof location === 'string') return location;
  if (typeof body !== 'object' || body === null || !('@odata.id' in body)) return undefined;
  return typeof body['@odata.id'] === 'string' ? body['@odata.id'] : undefined;
}
