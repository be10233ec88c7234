import { setTimeout as delay } from 'node:timers/promises';
import type { z } from 'zod';
import { ImagoError } from '../errors.js';
import type { RedfishTarget } from './bmc-target.js';
import { BmcUnsupported } from './errors.js';
import type { RedfishConnection } from './redfish-connection.js';
import type { ServiceRoot } from './redfish-schema.js';
import type { Secret } from './secret.js';

/** Headers that authorize a call. */
export type Authorized = Readonly<Record<string, string>>;

/** Logging out may take so long, also when the time of the command is over. */
const LOG_OUT_MS = 5000;
const MOST_LOG_OUTS = 5;
const PAUSE_MS = 500;

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
  const call = {
    method: 'POST',
    path: sessions,
    body: { UserName: user, Password: secret.reveal() },
  } as const;
  const answer = await connection.ask(call);
  const { status, headers, body } = answer;
  const token = headers['x-auth-token'];
  const hasNone = status === 404 || status === 405 || status === 501;
  if (status >= 300 && !hasNone) throw connection.refusal(call, answer);
  if (hasNone || typeof token !== 'string') {
    const why = hasNone ? connection.refusal(call, answer).message : 'it names no token';
    throw new BmcUnsupported(
      connection.name,
      'open a session',
      `set power.redfish.authentication to basic (${why})`,
    );
  }
  const authorized = { 'x-auth-token': token };
  try {
    return await act(authorized);
  } finally {
    await logOut(connection, authorized, connection.pathOf(headers['location'] ?? idOf(body)));
  }
}

/** What the command came to matters more than whether its session could be closed: it ends by itself. */
async function logOut(
  connection: RedfishConnection,
  headers: Authorized,
  path: string | undefined,
): Promise<void> {
  if (path === undefined) return;
  const signal = AbortSignal.timeout(LOG_OUT_MS);
  try {
    for (let tries = 1; tries <= MOST_LOG_OUTS; tries += 1) {
      const { status } = await connection.ask({ method: 'DELETE', path, headers, signal });
      if (status !== 503) return;
      await delay(PAUSE_MS, undefined, { signal });
    }
  } catch (error) {
    if (!(error instanceof ImagoError) && !(error instanceof Error && error.name === 'AbortError'))
      throw error;
  }
}

function idOf(body: unknown): string | undefined {
  if (typeof body !== 'object' || body === null || !('@odata.id' in body)) return undefined;
  return typeof body['@odata.id'] === 'string' ? body['@odata.id'] : undefined;
}
