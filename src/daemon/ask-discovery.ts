import { z } from 'zod';
import { ImagoError, shorten, showValue } from '../errors.js';
import { jsonIn } from '../json.js';
import { limitedBytes } from '../net/limited-bytes.js';
import { LocalTarget, type Outgoing } from '../net/outgoing.js';

const LARGEST_ANSWER = 4096;
const sizeAnswer = z
  .string()
  .transform((text) => jsonIn(text))
  .pipe(z.object({ node: z.object({ value: z.string().regex(/^\d{1,6}$/) }) }));
const TOKEN = /^[A-Za-z0-9]{1,64}$/;

/** What a discovery service said, or did not say: the message names it and what to do. */
export class DiscoveryFault extends ImagoError {
  readonly code = 'ETCD_DISCOVERY_FAILED';

  constructor(service: string, reason: string) {
    super(`the etcd discovery service ${service} gave no token: ${reason}`, { service });
  }
}

/** How a discovery service is spoken to (etcd's v2 discovery protocol). */
export interface DiscoveryCall {
  /** Its URL, without a slash at the end. */
  readonly service: string;
  readonly outgoing: Pick<Outgoing, 'to'>;
  readonly timeoutMs: number;
  readonly signal: AbortSignal;
}

interface Answer {
  readonly status: number;
  readonly location: string | undefined;
  readonly text: string;
}

/**
 * A new token for a cluster that begins with so many members. Services take `PUT`, some `GET` alone. The token is looked up before it
 * is believed.
 * @throws DiscoveryFault
 */
export async function askForToken(call: DiscoveryCall, size: number): Promise<string> {
  const path = `/new?size=${size}`;
  let answer = await ask(call, 'PUT', path);
  if (answer.status === 404 || answer.status === 405) answer = await ask(call, 'GET', path);
  if (answer.status !== 200 && answer.status !== 201)
    throw new DiscoveryFault(call.service, reasonOf(answer));
  const token = tokenIn(answer.text);
  if (token === undefined) {
    const remedy = 'the URL of a token was expected; look whether etcd.discoveryUrl is right';
    throw new DiscoveryFault(call.service, `it answers ${showValue(answer.text.trim())}; ${remedy}`);
  }
  const kept = await sizeUnder(call, token);
  if (kept !== size) {
    const what =
      kept === undefined ? 'it does not know itself' : `it keeps for ${kept} members instead of ${size}`;
    throw new DiscoveryFault(call.service, `it answers the token ${token}, which ${what}`);
  }
  return token;
}

/** How many members the cluster of the token begins with; undefined where the service has none of it. @throws DiscoveryFault */
export async function sizeUnder(call: DiscoveryCall, token: string): Promise<number | undefined> {
  if (!TOKEN.test(token)) return undefined;
  const answer = await ask(call, 'GET', `/${token}/_config/size`);
  if (answer.status === 404) return undefined;
  if (answer.status !== 200) throw new DiscoveryFault(call.service, reasonOf(answer));
  const size = sizeAnswer.safeParse(answer.text);
  if (size.success) return Number(size.data.node.value);
  throw new DiscoveryFault(
    call.service,
    `it answers ${showValue(answer.text.trim())}, which is no node of etcd`,
  );
}

/** The last part of the URL that is the whole answer; the service may know itself by another name. */
function tokenIn(text: string): string | undefined {
  const url = text.trim();
  const token = /^https?:\/\/[^\s/?#]+\/(?:[^\s?#]*\/)?([^\s/?#]+)$/.exec(url)?.[1];
  return token !== undefined && TOKEN.test(token) ? token : undefined;
}

async function ask(
  { service, outgoing, timeoutMs, signal }: DiscoveryCall,
  method: 'GET' | 'PUT',
  path: string,
): Promise<Answer> {
  const timeout = AbortSignal.timeout(timeoutMs);
  try {
    const { request } = await import('undici'); // not at the start: see docs/decisions/start.md
    const url = new URL(service + path);
    const { statusCode, headers, body } = await request(url, {
      dispatcher: await outgoing.to(url, new URL(service)),
      method,
      signal: AbortSignal.any([signal, timeout]),
      headers: { 'user-agent': 'imago' },
    });
    const { location } = headers;
    const bytes = await limitedBytes(body, LARGEST_ANSWER);
    if (!bytes) throw new DiscoveryFault(service, `it answers more than ${LARGEST_ANSWER} bytes`);
    const text = bytes.toString('utf8');
    return { status: statusCode, location: typeof location === 'string' ? location : undefined, text };
  } catch (error) {
    if (error instanceof DiscoveryFault || signal.aborted || !(error instanceof Error)) throw error;
    if (error instanceof LocalTarget) throw new DiscoveryFault(service, error.message);
    const silence = `it has not answered within ${timeoutMs / 1000} s`;
    throw new DiscoveryFault(service, timeout.aborted ? silence : shorten(error.message, 200));
  }
}

function reasonOf({ status, location }: Answer): string {
  if (location === undefined || status < 300 || status > 399) return `it answers HTTP ${status}`;
  return `it redirects to ${showValue(location)}, which is not followed: set etcd.discoveryUrl to where the service is`;
}
