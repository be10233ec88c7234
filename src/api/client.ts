import type { z } from 'zod';
import { ApiProblem, ServerUnreachable, UnexpectedAnswer } from './errors.js';
import {
  ApiHost,
  DEFAULT_OPERATOR,
  History,
  HostList,
  LeaseList,
  OPERATOR_HEADER,
  Problem,
  Version,
  type HistoryEntry,
  type Lease,
  type State,
} from './schemas.js';

export interface ApiClientOptions {
  /** Where imago’s administrative listener is, as in `http://10.75.0.1:4080`. */
  readonly baseUrl: string;
  /** Who commands; stands in the history of what he changes. */
  readonly operator?: string;
  /** For the whole of one call. */
  readonly timeoutMs?: number;
}

/**
 * imago’s `/api/v1`, typed. Every call rejects with ApiProblem when the server refuses, ServerUnreachable when nobody answers
 * in time, and UnexpectedAnswer when somebody else does.
 */
export class ApiClient {
  private readonly baseUrl: string;
  private readonly operator: string;
  private readonly timeoutMs: number;

  constructor({ baseUrl, operator = DEFAULT_OPERATOR, timeoutMs = 10_000 }: ApiClientOptions) {
    this.baseUrl = baseUrl.replace(/\/+$/, '');
    this.operator = operator;
    this.timeoutMs = timeoutMs;
  }

  async hosts(): Promise<ApiHost[]> {
    const { hosts } = await this.call('GET', '/hosts', HostList);
    return hosts;
  }

  host(serial: string): Promise<ApiHost> {
    return this.call('GET', hostPath(serial), ApiHost);
  }

  setState(serial: string, state: State): Promise<ApiHost> {
    return this.call('POST', `${hostPath(serial)}/state`, ApiHost, { state });
  }

  /** Newest first. */
  async history(serial: string): Promise<HistoryEntry[]> {
    const { history } = await this.call('GET', `${hostPath(serial)}/history`, History);
    return history;
  }

  async leases(): Promise<Lease[]> {
    const { leases } = await this.call('GET', '/leases', LeaseList);
    return leases;
  }

  version(): Promise<Version> {
    return this.call('GET', '/version', Version);
  }

  private async call<T extends z.ZodType>(
    method: string,
    path: string,
    schema: T,
    body?: unknown,
  ): Promise<z.output<T>> {
    const url = `${this.baseUrl}/api/v1${path}`;
    const { response, text } = await this.exchange(url, {
      method,
      headers: {
        accept: 'application/json, application/problem+json',
        [OPERATOR_HEADER]: headerText(this.operator),
        ...(body !== undefined && { 'content-type': 'application/json' }),
      },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    });
    const answer = parseJson(url, response.status, text);
    if (!response.ok) {
      const problem = Problem.safeParse(answer);
      throw problem.success
        ? new ApiProblem(problem.data)
        : new UnexpectedAnswer(url, `status ${response.status}`);
    }
    const result = schema.safeParse(answer);
    if (!result.success) throw new UnexpectedAnswer(url, firstIssue(result.error));
    return result.data;
  }

  private async exchange(url: string, request: RequestInit): Promise<{ response: Response; text: string }> {
    try {
      const response = await fetch(url, { ...request, signal: AbortSignal.timeout(this.timeoutMs) });
      return { response, text: await response.text() };
    } catch (error) {
      throw new ServerUnreachable(this.baseUrl, reasonOf(error, this.timeoutMs), { cause: error });
    }
  }
}

function hostPath(serial: string): string {
  return `/hosts/${encodeURIComponent(serial)}`;
}

/** RFC 9110 §5.5: what a header may carry. */
function headerText(text: string): string {
  return text.replace(/[^\x21-\x7e]+/g, '-').slice(0, 128) || DEFAULT_OPERATOR;
}

function parseJson(url: string, status: number, text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    if (error instanceof SyntaxError) throw new UnexpectedAnswer(url, `status ${status}, not JSON`);
    throw error;
  }
}

function firstIssue(error: z.ZodError): string {
  const issue = error.issues[0];
  return issue ? `${issue.path.map(String).join('.')}: ${issue.message}` : 'unknown form';
}

/** fetch says only 'fetch failed'; what failed is in its cause. */
function reasonOf(error: unknown, timeoutMs: number): string {
  if (!(error instanceof Error)) return String(error);
  if (error.name === 'TimeoutError') return `no answer within ${timeoutMs / 1000} s`;
  const { cause } = error;
  if (!(cause instanceof Error)) return error.message;
  const code: unknown = Reflect.get(cause, 'code');
  return typeof code === 'string' ? (reasons[code] ?? code) : cause.message;
}

const reasons: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'connection refused',
  ECONNRESET: 'connection reset',
  ENOTFOUND: 'unknown host name',
  EAI_AGAIN: 'host name could not be resolved',
  EHOSTUNREACH: 'no route to it',
  ENETUNREACH: 'no route to its network',
  ETIMEDOUT: 'connection timed out',
  UND_ERR_CONNECT_TIMEOUT: 'connection timed out',
  UND_ERR_SOCKET: 'the connection was closed',
};
