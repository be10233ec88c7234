import { errors, Pool, type buildConnector } from 'undici';
import type { z } from 'zod';
import { cleanText, shorten } from '../errors.js';
import type { ReachLimit } from '../limits.js';
import { mendUndici } from '../net/mend-undici.js';
import type { RedfishTarget } from './bmc-target.js';
import { nameOfTarget } from './bmc-target.js';
import { FingerprintMismatch } from './pinned-connector.js';
import { BmcFault, BmcUnreachable, BmcUntrusted, NO_BMC } from './errors.js';
import { AnswerUnreadable, jsonOfBody } from './redfish-answer.js';
import { refusalOf } from './redfish-refusal.js';
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
  /** It must not be done twice: it gets a connection of its own, which the BMC cannot have closed before. */
  readonly isOnce?: boolean;
  /** In place of the command's own. */
  readonly signal?: AbortSignal;
}

export interface ConnectionParts {
  readonly secret: Secret;
  readonly connect: buildConnector.connector;
  /** Of the whole command. */
  readonly signal: AbortSignal;
  readonly reach: ReachLimit;
}

const MOST_REDIRECTS = 3;

/** What a connection says that the other side has closed. */
const CLOSED: ReadonlySet<string> = new Set(['UND_ERR_SOCKET', 'ECONNRESET', 'EPIPE']);

/** HTTP with one BMC, for the length of one command. Nothing that it throws holds the password. */
export class RedfishConnection {
  readonly #origin: string;
  #pool: Pool;
  readonly name: string;

  constructor(
    private readonly target: RedfishTarget,
    private readonly parts: ConnectionParts,
  ) {
    this.name = nameOfTarget(target);
    this.#origin = `${target.scheme}://${this.name}`;
    this.#pool = this.#newPool();
  }

  /** @throws BmcUnreachable, BmcUntrusted, BmcRefusedCredentials, BmcUnsupported, BmcFault */
  async call(call: RedfishCall): Promise<RedfishAnswer> {
    const answer = await this.ask(call);
    if (answer.status < 300) return answer;
    throw this.refusal(call, answer);
  }

  /** The answer, also where it is a refusal. @throws BmcUnreachable, BmcUntrusted, BmcFault */
  async ask(call: RedfishCall): Promise<RedfishAnswer> {
    const url = this.#urlOf(call.path);
    if (call.isOnce) await this.#renew();
    try {
      return await this.#exchange(url, call);
    } catch (error) {
      // A BMC may close a kept connection without a word; on the next one it answers.
      if (call.isOnce || !isClosed(error)) throw this.#transportFault(error, call.signal);
    }
    try {
      return await this.#exchange(url, call);
    } catch (error) {
      throw this.#transportFault(error, call.signal);
    }
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
      throw new BmcFault(this.name, `${shown(path)} is not what Redfish says it is (${at})`, NO_BMC);
    }
    const etag = answer.headers['etag'];
    return { resource: parsed.data, etag: typeof etag === 'string' ? etag : undefined };
  }

  refusal({ method, path }: RedfishCall, { status, body }: RedfishAnswer): Error {
    const { user } = this.target;
    const scrub = (text: string) => this.scrub(text);
    return refusalOf({ bmc: this.name, user, method, path, status, body, scrub });
  }

  scrub(text: string): string {
    return this.parts.secret.scrub(text);
  }

  /**
   * The path of a resource that the BMC has just made (DSP0266 §7.11: Location), on the BMC that was asked: behind address
   * translation, or by another name, it calls itself what it likes.
   */
  pathOf(location: string | string[] | undefined): string | undefined {
    if (typeof location !== 'string' || !URL.canParse(location, this.#origin)) return undefined;
    const { pathname, search } = new URL(location, this.#origin);
    return `${pathname}${search}`;
  }

  close(): Promise<void> {
    return this.#pool.destroy();
  }

  /** Bound to the BMC's origin: no request goes elsewhere, whatever it is asked for. */
  #newPool(): Pool {
    const { connect } = this.parts;
    return mendUndici(new Pool(this.#origin, { connect, connections: 1 }));
  }

  async #renew(): Promise<void> {
    await this.#pool.destroy();
    this.#pool = this.#newPool();
  }

  /** A link that leads to another server would take the password along. */
  #urlOf(path: string): URL {
    const url = URL.canParse(path, this.#origin) ? new URL(path, this.#origin) : undefined;
    if (url?.origin === new URL(this.#origin).origin) return url;
    throw new BmcFault(
      this.name,
      url ? `it refers to ${shown(url.origin)}, another server` : `${shown(path)} is no path`,
      NO_BMC,
    );
  }

  async #exchange(url: URL, call: RedfishCall, redirects = 0): Promise<RedfishAnswer> {
    const { method, headers = {}, body, signal = this.parts.signal } = call;
    const response = await this.#pool.request({
      method,
      path: `${url.pathname}${url.search}`,
      signal: AbortSignal.any([signal, AbortSignal.timeout(this.target.answerSeconds * 1000)]),
      headers: {
        accept: 'application/json',
        'accept-encoding': 'identity',
        'odata-version': '4.0',
        ...(body !== undefined && { 'content-type': 'application/json' }),
        ...headers,
      },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    });
    const json = await jsonOfBody(response.body, response.headers['content-encoding']);
    const location = response.headers['location'];
    // DSP0266 §6.3: /redfish/v1 may redirect to /redfish/v1/.
    const isRedirect = [301, 302, 307, 308].includes(response.statusCode);
    if (method === 'GET' && isRedirect && typeof location === 'string' && redirects < MOST_REDIRECTS) {
      return this.#exchange(this.#urlOf(absolute(location, url)), call, redirects + 1);
    }
    return { status: response.statusCode, headers: response.headers, body: json };
  }

  #transportFault(error: unknown, signal = this.parts.signal): unknown {
    if (!(error instanceof Error) || error instanceof BmcFault) return error;
    if (error instanceof AnswerUnreadable) {
      if (error.isEndless) this.parts.reach('bmc-answer', { bmc: this.name });
      return new BmcFault(this.name, error.message, NO_BMC);
    }
    if (error.name === 'TimeoutError' || error.name === 'AbortError') {
      if (signal.aborted && !isTimeout(signal.reason)) return error;
      const { timeoutSeconds, answerSeconds } = this.target;
      return new BmcUnreachable(
        this.name,
        `no answer within ${signal.aborted ? timeoutSeconds : answerSeconds} s`,
      );
    }
    if (error instanceof FingerprintMismatch) return new BmcUntrusted(this.name, error.message);
    const code = 'code' in error ? String(error.code) : error.name;
    if (isCertificateFault(code)) return new BmcUntrusted(this.name, code);
    if (error instanceof errors.UndiciError || 'code' in error) return new BmcUnreachable(this.name, code);
    return new BmcFault(this.name, this.scrub(cleanText(error.message)));
  }
}

function absolute(location: string, from: URL): string {
  return URL.canParse(location, from.href) ? new URL(location, from.href).href : location;
}

function isClosed(error: unknown): boolean {
  return error instanceof Error && 'code' in error && CLOSED.has(String(error.code));
}

function isTimeout(reason: unknown): boolean {
  return reason instanceof Error && reason.name === 'TimeoutError';
}

/** What a BMC says is as long as it likes. */
function shown(path: string): string {
  return cleanText(shorten(path, 200));
}

function isCertificateFault(code: string): boolean {
  return /CERT|SELF_SIGNED|UNABLE_TO_VERIFY|ERR_TLS|ISSUER/.test(code);
}
