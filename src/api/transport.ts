import { checked, loadedSchemas, parseJson, refusal } from './answer.js';
import {
  type ApiEndpoint,
  type ParamsOf,
  type Parsed,
  type Unparsed,
  DEFAULT_OPERATOR,
  OPERATOR_HEADER,
} from './endpoint.js';
import { Door, type DoorOptions } from './door.js';
import { endpoints, type Endpoints } from './endpoints.js';
import { exchange, exchangeBytes, exchangeStream, headerText } from './exchange.js';
import type { Readiness } from './schemas.js';

/** Where imago’s administrative listener is, and how each side proves who it is. */
export interface ApiClientOptions extends DoorOptions {
  /** Who commands; stands in the history of what he changes. */
  readonly operator?: string;
  /** For the whole of one call. */
  readonly timeoutMs?: number;
}

export type Query = Readonly<Record<string, string | number | readonly string[] | undefined>>;

/** Of one call. */
export interface CallOptions {
  readonly query?: Query;
  readonly timeoutMs?: number;
  /** Only if what is to be changed still has this version (RFC 9110 §13.1.1). */
  readonly ifVersion?: string | undefined;
}

type BodyOf<E> = E extends { readonly body: infer Name }
  ? { readonly body: Unparsed<Name> }
  : { readonly body?: Uint8Array };

/** What stands in the path of a call, its body, and how it is made. */
type AskedOf<E extends ApiEndpoint> = ParamsOf<E> & BodyOf<E> & CallOptions;

type AnswerOf<E> = E extends { readonly answer: infer Name } ? Parsed<Name> : undefined;

const OCTETS = 'application/octet-stream';

/** The daemon says something at least every 15 s. */
const SILENCE_MS = 45_000;

/** What is to be sent may have to be put together first. */
const DOWNLOAD_SILENCE_MS = 300_000;

/**
 * Calls of `/api/v1`, by the names of their endpoints. Each rejects with ApiProblem when the server refuses, ServerUnreachable when
 * nobody answers in time, and UnexpectedAnswer when somebody else does.
 */
export class ApiTransport {
  private readonly door: Door;
  private readonly operator: string;
  private readonly timeoutMs: number;

  constructor({ operator = DEFAULT_OPERATOR, timeoutMs = 10_000, ...door }: ApiClientOptions) {
    this.door = new Door(door);
    this.operator = operator;
    this.timeoutMs = timeoutMs;
  }

  /** An answer of the shape that its endpoint promises. */
  async call<Name extends keyof Endpoints>(
    name: Name,
    asked: AskedOf<Endpoints[Name]>,
  ): Promise<AnswerOf<Endpoints[Name]>> {
    return (await this.callVersioned(name, asked)).answer;
  }

  /** The same, and the version of what was answered. */
  async callVersioned<Name extends keyof Endpoints>(
    name: Name,
    asked: AskedOf<Endpoints[Name]>,
  ): Promise<{ answer: AnswerOf<Endpoints[Name]>; version: string | undefined }> {
    const endpoint: ApiEndpoint = endpoints[name];
    const [{ url, answer, etag }, schemas] = await Promise.all([
      this.ask(name, asked),
      endpoint.answer && loadedSchemas(),
    ]);
    const known = endpoint.answer && schemas && checked(url, answer, schemas[endpoint.answer]);
    return { answer: known as AnswerOf<Endpoints[Name]>, version: etag };
  }

  /** What was answered, whatever it is; undefined for none. */
  async ask<Name extends keyof Endpoints>(
    name: Name,
    asked: AskedOf<Endpoints[Name]>,
  ): Promise<{ url: string; answer: unknown; etag: string | undefined }> {
    const { timeoutMs = this.timeoutMs, ifVersion, body }: CallOptions & { readonly body?: unknown } = asked;
    const url = this.urlOf(name, asked);
    const { status, ok, text, etag } = await exchange(url, {
      door: this.door,
      timeoutMs,
      method: endpoints[name].method,
      headers: {
        ...this.headers(),
        accept: 'application/json, application/problem+json',
        ...(body !== undefined && { 'content-type': isBytes(body) ? OCTETS : 'application/json' }),
        ...(ifVersion !== undefined && { 'if-match': ifVersion }),
      },
      ...(body !== undefined && { body: isBytes(body) ? body : JSON.stringify(body) }),
    });
    const answer = parseJson(url, status, text);
    if (!ok) throw await refusal(url, status, answer);
    return { url, answer, etag };
  }

  /** Also for errors that name it. */
  urlOf<Name extends keyof Endpoints>(name: Name, asked: ParamsOf<Endpoints[Name]> & CallOptions): string {
    const params: Readonly<Record<string, unknown>> = asked;
    const path = endpoints[name].path.replace(/:(\w+)/g, (_, param: string) =>
      encodeURIComponent(String(params[param])),
    );
    return `${this.door.baseUrl}${path}${queryText(asked.query ?? {})}`;
  }

  private headers(): Record<string, string> {
    return { [OPERATOR_HEADER]: headerText(this.operator) || DEFAULT_OPERATOR };
  }

  /** An answer that goes on for ever, as the text comes; ends only with an error. */
  async *stream(name: 'listEvents', query: Query): AsyncGenerator<string> {
    const url = this.urlOf(name, { query });
    const chunks = exchangeStream(url, {
      door: this.door,
      timeoutMs: SILENCE_MS,
      headers: { ...this.headers(), accept: 'text/event-stream' },
    });
    for await (const { status, text } of chunks) {
      if (status !== 200) throw await refusal(url, status, parseJson(url, status, text));
      yield text;
    }
  }

  /** An answer that is no JSON, chunk by chunk to its end. */
  async *download<Name extends 'backUp' | 'getRecord'>(
    name: Name,
    asked: ParamsOf<Endpoints[Name]>,
  ): AsyncGenerator<Buffer> {
    const url = this.urlOf(name, asked);
    const { door } = this;
    const chunks = exchangeBytes(url, { door, timeoutMs: DOWNLOAD_SILENCE_MS, headers: this.headers() });
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
      throw await refusal(url, refused, answer);
    }
  }

  /** What the daemon says of itself, beside the API; also while it cannot record changes. */
  async readiness(): Promise<Readiness> {
    const url = `${this.door.baseUrl}/ready`;
    const { door, timeoutMs } = this;
    const [{ status, text }, { Readiness }] = await Promise.all([
      exchange(url, { door, timeoutMs, headers: this.headers() }),
      loadedSchemas(),
    ]);
    return checked(url, parseJson(url, status, text), Readiness);
  }
}

function isBytes(body: unknown): body is Uint8Array<ArrayBuffer> {
  return body instanceof Uint8Array;
}

function queryText(query: Query): string {
  const given = Object.entries(query).flatMap(([name, value]): [string, string][] =>
    value === undefined ? [] : [value].flat().map((each) => [name, String(each)]),
  );
  return given.length > 0 ? `?${new URLSearchParams(given).toString()}` : '';
}
