import { Agent, errors, request, type buildConnector } from 'undici';
import type { z } from 'zod';
import { cleanText, type ImagoError } from '../errors.js';
import { mendUndici } from '../net/mend-undici.js';
import type { RedfishTarget } from './bmc-target.js';
import { nameOfTarget } from './bmc-target.js';
import { FingerprintMismatch } from './pinned-connector.js';
import {
  BmcFault,
  BmcRefusedCredentials,
  BmcUnreachable,
  BmcUnsupported,
  BmcUntrusted,
} from './power-errors.js';
import { ErrorAnswer } from './redfish-schema.js';
import type { Secret } from './secret.js';

export interface RedfishAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: unknown;
}

export interface RedfishCall {
  readonly method: 'GET' | 'POST' | 'PATCH' | 'DELETE';
  /** As the BMC's own links say: a path of its own. */
  readonly path: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: unknown;
}

const LONGEST_ANSWER = 4 << 20;

/** HTTP with one BMC, for the length of one command. Nothing that it throws holds the password. */
export class RedfishConnection {
  readonly #agent: Agent;
  readonly #origin: string;
  readonly name: string;

  constructor(
    private readonly target: RedfishTarget,
    private readonly secret: Secret,
    connect: buildConnector.connector,
    private readonly signal: AbortSignal,
  ) {
    this.name = nameOfTarget(target);
    this.#origin = `${target.scheme}://${this.name}`;
    this.#agent = mendUndici(new Agent({ connect, connections: 1 }));
  }

  /** @throws BmcUnreachable, BmcUntrusted, BmcRefusedCredentials, BmcUnsupported, BmcFault */
  async call({ method, path, headers = {}, body }: RedfishCall): Promise<RedfishAnswer> {
    const url = this.#urlOf(path);
    const answer = await this.#exchange(url, { method, path, headers, body });
    if (answer.status < 300) return answer;
    throw this.#refusal(answer, method, url.pathname);
  }

  async get<T extends z.ZodType>(
    path: string,
    schema: T,
    headers: Readonly<Record<string, string>>,
  ): Promise<{ resource: z.output<T>; etag: string | undefined }> {
    const answer = await this.call({ method: 'GET', path, headers });
    const parsed = schema.safeParse(answer.body);
    if (!parsed.success) {
      const at = parsed.error.issues[0]?.path.map(String).join('.') ?? '';
      throw new BmcFault(this.name, `${cleanText(path)} is not what Redfish says it is (${at})`);
    }
    const etag = answer.headers['etag'];
    return { resource: parsed.data, etag: typeof etag === 'string' ? etag : undefined };
  }

  close(): Promise<void> {
    return this.#agent.destroy();
  }

  /** A link that leads to another server would take the password along. */
  #urlOf(path: string): URL {
    const url = new URL(path, this.#origin);
    if (url.origin === new URL(this.#origin).origin) return url;
    throw new BmcFault(this.name, `it refers to ${cleanText(url.origin)}, another server`);
  }

  async #exchange(
    url: URL,
    { method, headers = {}, body }: RedfishCall,
    redirects = 0,
  ): Promise<RedfishAnswer> {
    try {
      const response = await request(url, {
        dispatcher: this.#agent,
        method,
        signal: this.signal,
        headers: {
          accept: 'application/json',
          'odata-version': '4.0',
          ...(body !== undefined && { 'content-type': 'application/json' }),
          ...headers,
        },
        ...(body !== undefined && { body: JSON.stringify(body) }),
      });
      const text = await limitedText(response.body);
      const location = response.headers['location'];
      // DSP0266 §6.3: /redfish/v1 may redirect to /redfish/v1/.
      const isRedirect = [301, 302, 307, 308].includes(response.statusCode);
      if (method === 'GET' && isRedirect && typeof location === 'string' && redirects < 3) {
        const next = this.#urlOf(new URL(location, url).href);
        return await this.#exchange(next, { method, path: next.pathname, headers }, redirects + 1);
      }
      return { status: response.statusCode, headers: response.headers, body: jsonOf(text) };
    } catch (error) {
      throw this.#transportFault(error);
    }
  }

  #transportFault(error: unknown): unknown {
    if (!(error instanceof Error) || error instanceof BmcFault) return error;
    if (error instanceof TooLong) return new BmcFault(this.name, 'its answer is too long');
    if (error.name === 'TimeoutError' || error.name === 'AbortError') {
      return this.signal.reason instanceof Error && this.signal.reason.name === 'TimeoutError'
        ? new BmcUnreachable(this.name, `no answer within ${this.target.timeoutSeconds} s`)
        : error;
    }
    if (error instanceof FingerprintMismatch) return new BmcUntrusted(this.name, error.message);
    const code = 'code' in error ? String(error.code) : error.name;
    if (isCertificateFault(code)) return new BmcUntrusted(this.name, code);
    if (error instanceof errors.UndiciError || 'code' in error) return new BmcUnreachable(this.name, code);
    return new BmcFault(this.name, this.secret.scrub(cleanText(error.message)));
  }

  #refusal({ status, body }: RedfishAnswer, method: string, path: string): ImagoError {
    if (status === 401) {
      return new BmcRefusedCredentials(this.name, this.target.user, `status ${status}`);
    }
    if (status === 403) {
      return new BmcRefusedCredentials(this.name, this.target.user, 'it may not do this');
    }
    if (status === 404 || status === 405 || status === 501) {
      return new BmcUnsupported(
        this.name,
        `do ${method} ${cleanText(path)} (status ${status})`,
        'see its manual',
      );
    }
    const told = ErrorAnswer.safeParse(body);
    const messages = told.success
      ? [
          ...(told.data.error['@Message.ExtendedInfo'] ?? []).map(({ Message }) => Message),
          told.data.error.message,
        ]
      : [];
    const said = messages.find((message) => message) ?? 'no reason given';
    return new BmcFault(
      this.name,
      this.secret.scrub(`status ${status} to ${method} ${cleanText(path)}: ${cleanText(said).slice(0, 300)}`),
    );
  }
}

class TooLong extends Error {}

async function limitedText(body: AsyncIterable<unknown>): Promise<string> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of body) {
    if (!(chunk instanceof Uint8Array)) continue;
    length += chunk.length;
    if (length > LONGEST_ANSWER) throw new TooLong();
    chunks.push(Buffer.from(chunk));
  }
  return Buffer.concat(chunks).toString('utf8');
}

/** Some BMCs answer an action with an empty body, or with HTML. */
function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

function isCertificateFault(code: string): boolean {
  return /CERT|SELF_SIGNED|UNABLE_TO_VERIFY|ERR_TLS|ISSUER/.test(code);
}
