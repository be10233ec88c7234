import type { z } from 'zod';
import { answerSchemas, checked, parseJson, refusal, type AnswerSchemas } from './answer.js';
import { exchange, exchangeBytes, exchangeStream, headerText } from './exchange.js';
import { DEFAULT_OPERATOR, OPERATOR_HEADER } from './operator-header.js';
import type { Readiness } from './readiness.js';

export interface ApiClientOptions {
  /** Where imago’s administrative listener is, as in `http://10.75.0.1:4080`. */
  readonly baseUrl: string;
  /** Who commands; stands in the history of what he changes. */
  readonly operator?: string;
  /** For the whole of one call. */
  readonly timeoutMs?: number;
}

/** Of one call. */
export interface CallOptions {
  readonly timeoutMs?: number | undefined;
  /** Only if what is to be changed still has this version (RFC 9110 §13.1.1). */
  readonly ifVersion?: string | undefined;
}

const OCTETS = 'application/octet-stream';

/** The daemon says something at least every 15 s. */
const SILENCE_MS = 45_000;

/** What is to be sent may have to be put together first. */
const DOWNLOAD_SILENCE_MS = 300_000;

/**
 * Calls of `/api/v1`, by method and path. Each rejects with ApiProblem when the server refuses, ServerUnreachable when nobody
 * answers in time, and UnexpectedAnswer when somebody else does.
 */
export class ApiTransport {
  private readonly baseUrl: string;
  private readonly operator: string;
  private readonly timeoutMs: number;

  constructor({ baseUrl, operator = DEFAULT_OPERATOR, timeoutMs = 10_000 }: ApiClientOptions) {
    this.baseUrl = baseUrl.replace(/(?<!\/)\/+$/, '');
    this.operator = operator;
    this.timeoutMs = timeoutMs;
  }

  /** An answer of that shape. */
  async call<T extends z.ZodType>(
    method: string,
    path: string,
    schemaOf: (answers: AnswerSchemas) => T,
    body?: unknown,
    options?: CallOptions,
  ): Promise<z.output<T>> {
    return (await this.callVersioned(method, path, schemaOf, body, options)).answer;
  }

  /** The same, and the version of what was answered. */
  async callVersioned<T extends z.ZodType>(
    method: string,
    path: string,
    schemaOf: (answers: AnswerSchemas) => T,
    body?: unknown,
    options?: CallOptions,
  ): Promise<{ answer: z.output<T>; version: string | undefined }> {
    const [{ answer, etag }, schemas] = await Promise.all([
      this.ask(method, path, body, options),
      answerSchemas(),
    ]);
    return { answer: checked(this.url(path), answer, schemaOf(schemas)), version: etag };
  }

  /** What was answered, whatever it is; undefined for none. */
  async send(method: string, path: string, body?: unknown, options?: CallOptions): Promise<unknown> {
    return (await this.ask(method, path, body, options)).answer;
  }

  private async ask(
    method: string,
    path: string,
    body?: unknown,
    { timeoutMs = this.timeoutMs, ifVersion }: CallOptions = {},
  ): Promise<{ answer: unknown; etag: string | undefined }> {
    const url = this.url(path);
    const { status, ok, text, etag } = await exchange(url, {
      baseUrl: this.baseUrl,
      timeoutMs,
      method,
      headers: {
        ...this.headers(),
        accept: 'application/json, application/problem+json',
        ...(body !== undefined && { 'content-type': isBytes(body) ? OCTETS : 'application/json' }),
        ...(ifVersion !== undefined && { 'if-match': ifVersion }),
      },
      ...(body !== undefined && { body: isBytes(body) ? body : JSON.stringify(body) }),
    });
    const answer = parseJson(url, status, text);
    if (!ok) throw refusal(url, status, answer, await answerSchemas());
    return { answer, etag };
  }

  /** Of a path, for errors that name it. */
  url(path: string): string {
    return `${this.baseUrl}/api/v1${path}`;
  }

  private headers(): Record<string, string> {
    return { [OPERATOR_HEADER]: headerText(this.operator) || DEFAULT_OPERATOR };
  }

  /** An answer that goes on for ever, as the text comes; ends only with an error. */
  async *stream(path: string): AsyncGenerator<string> {
    const url = this.url(path);
    const chunks = exchangeStream(url, {
      baseUrl: this.baseUrl,
      timeoutMs: SILENCE_MS,
      headers: { ...this.headers(), accept: 'text/event-stream' },
    });
    for await (const { status, text } of chunks) {
      if (status !== 200) throw refusal(url, status, parseJson(url, status, text), await answerSchemas());
      yield text;
    }
  }

  /** An answer that is no JSON, chunk by chunk to its end. */
  async *download(path: string): AsyncGenerator<Buffer> {
    const url = this.url(path);
    const { baseUrl } = this;
    const chunks = exchangeBytes(url, { baseUrl, timeoutMs: DOWNLOAD_SILENCE_MS, headers: this.headers() });
    const problem: Buffer[] = [];
    let refused = 0;
    for await (const { status, bytes } of chunks) {
      if (status === 200) yield bytes;
      else {
        refused = status;
        problem.push(bytes);
      }
    }
    if (refused > 0) {
      const answer = parseJson(url, refused, Buffer.concat(problem).toString());
      throw refusal(url, refused, answer, await answerSchemas());
    }
  }

  /** What the daemon says of itself, beside the API; also while it cannot record changes. */
  async readiness(): Promise<Readiness> {
    const url = `${this.baseUrl}/ready`;
    const { baseUrl, timeoutMs } = this;
    const [{ status, text }, { Readiness }] = await Promise.all([
      exchange(url, { baseUrl, timeoutMs, headers: this.headers() }),
      answerSchemas(),
    ]);
    return checked(url, parseJson(url, status, text), Readiness);
  }
}

function isBytes(body: unknown): body is Uint8Array<ArrayBuffer> {
  return body instanceof Uint8Array;
}
