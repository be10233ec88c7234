import { setMaxListeners } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';
import type { Dispatcher } from 'undici';
import { cleanText, ImagoError } from '../errors.js';
import { limitedBytes } from '../net/limited-bytes.js';
import { LocalTarget, Outgoing } from '../net/outgoing.js';
import { FetchFailed } from './errors.js';

export interface FetchAnswer {
  /** Who answered, after all redirects. */
  readonly url: string;
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: Dispatcher.ResponseData['body'];
}

/** The connection broke, or the server is busy: trying again may help. */
export class Interrupted extends Error {
  override readonly name = 'Interrupted';
}

/** Looked at anew with each request. */
export interface FetchClientOptions {
  /** A connection that brings nothing for so long is broken off. */
  readonly stallSeconds: number;
  /** How often it is tried anew without anything having come. */
  readonly tries: number;
  readonly pause?: (attempt: number, signal: AbortSignal | undefined) => Promise<void>;
  readonly outgoing?: Outgoing;
}

const MOST_REDIRECTS = 5;

/** HTTP for large files. Honours HTTP_PROXY, HTTPS_PROXY and NO_PROXY; follows redirects, but never from https to http, nor into this server. */
export class FetchClient {
  readonly #outgoing: Outgoing;
  readonly #closing = new AbortController();

  constructor(private readonly options: FetchClientOptions) {
    setMaxListeners(0, this.#closing.signal); // each pause is one
    this.#outgoing = options.outgoing ?? new Outgoing({ usesProxy: true });
  }

  get tries(): number {
    return this.options.tries;
  }

  /**
   * The answer, whatever its status. The caller reads or destroys its body.
   * @param named Who named the URL, where the configuration did not: a literal address is meant only where it is the same server.
   * @throws Interrupted when no answer came, FetchFailed when the address is at fault
   */
  async open(
    url: string,
    headers: Readonly<Record<string, string>>,
    signal?: AbortSignal,
    named: string = url,
  ): Promise<FetchAnswer> {
    const configured = parsedUrl(named);
    let at = parsedUrl(url);
    for (let redirects = 0; redirects <= MOST_REDIRECTS; redirects += 1) {
      const answer = await this.#request(at, { url, configured }, headers, signal);
      const { location } = answer.headers;
      if (![301, 302, 303, 307, 308].includes(answer.status) || typeof location !== 'string')
        return asItIs(answer);
      answer.body.destroy();
      const next = parsedUrl(location, at);
      if (at.protocol === 'https:' && next.protocol !== 'https:') {
        throw new FetchFailed(url, 'it redirects from https to http');
      }
      at = next;
    }
    throw new FetchFailed(url, `it redirects more than ${MOST_REDIRECTS} times`);
  }

  /** Why that address would not be asked, `named` as for `open`. Where it redirects to is not known here. */
  async refusalOf(url: string, named: string = url): Promise<ImagoError | undefined> {
    try {
      return await this.#outgoing.refusalOf(parsedUrl(url), parsedUrl(named));
    } catch (error) {
      if (error instanceof FetchFailed) return error;
      throw error;
    }
  }

  /**
   * A small file as bytes; undefined when there is none.
   * @throws FetchFailed
   */
  async small(url: string, signal?: AbortSignal, mostBytes = 16 << 20): Promise<Buffer | undefined> {
    return this.persist(
      url,
      async () => {
        const { status, body } = await this.open(url, {}, signal);
        if (status === 404 || status === 410) {
          body.destroy();
          return undefined;
        }
        if (status !== 200) {
          body.destroy();
          throw statusFault(url, status);
        }
        return readAll(url, body, mostBytes);
      },
      signal,
    );
  }

  /** Tries again as long as only the connection is at fault, and not once the client is closed. @throws FetchFailed */
  async persist<T>(url: string, attempt: () => Promise<T>, signal?: AbortSignal): Promise<T> {
    for (let failures = 1; ; failures += 1) {
      try {
        return await attempt();
      } catch (error) {
        if (!(error instanceof Interrupted)) throw error;
        if (failures >= this.tries || this.#closing.signal.aborted)
          throw new FetchFailed(url, error.message, { cause: error });
        await this.pause(failures, signal);
      }
    }
  }

  /** Ends early when the client is closed: the next attempt then says so. */
  async pause(attempt: number, signal: AbortSignal | undefined): Promise<void> {
    const { pause = backOff } = this.options;
    const closing = this.#closing.signal;
    try {
      await pause(attempt, signal ? AbortSignal.any([signal, closing]) : closing);
    } catch (error) {
      if (!closing.aborted || signal?.aborted === true) throw error;
    }
  }

  /** Breaks off what is asked, comes, or waits to be tried again; nothing is asked later. */
  async close(): Promise<void> {
    this.#closing.abort();
    await this.#outgoing.close();
  }

  async #request(
    url: URL,
    { url: asked, configured }: { readonly url: string; readonly configured: URL },
    headers: Readonly<Record<string, string>>,
    signal: AbortSignal | undefined,
  ): Promise<FetchAnswer> {
    const stallMs = this.options.stallSeconds * 1000;
    try {
      const { request } = await import('undici'); // not at the start: see docs/decisions/start.md
      if (this.#closing.signal.aborted) throw new Interrupted('imago ends');
      const response = await request(url, {
        dispatcher: await this.#outgoing.to(url, configured),
        headersTimeout: stallMs,
        bodyTimeout: stallMs,
        headers: { 'accept-encoding': 'identity', 'user-agent': 'imago', ...headers },
        ...(signal && { signal }),
      });
      // Whoever reads the body learns of its errors; a body that is only dropped must not end the process.
      response.body.on('error', () => undefined);
      return { url: url.href, status: response.statusCode, headers: response.headers, body: response.body };
    } catch (error) {
      if (error instanceof LocalTarget) throw new FetchFailed(asked, error.message, { cause: error });
      if (this.#closing.signal.aborted && signal?.aborted !== true)
        throw new Interrupted('imago ends', { cause: error });
      throw interruption(error, signal);
    }
  }
}

/** What is hashed, resumed and passed on are the bytes of the file; packed ones could unpack to any size. @throws FetchFailed */
function asItIs(answer: FetchAnswer): FetchAnswer {
  const encoding = answer.headers['content-encoding'];
  if (encoding === undefined || encoding === 'identity') return answer;
  answer.body.destroy();
  throw new FetchFailed(answer.url, `it comes encoded as ${cleanText(String(encoding)).slice(0, 40)}`);
}

/** What a broken connection comes to; other errors stay what they are. */
export function interruption(error: unknown, signal: AbortSignal | undefined): unknown {
  if (signal?.aborted || !(error instanceof Error) || error instanceof ImagoError) return error;
  const code: unknown = Reflect.get(error, 'code');
  // undici's parser gives no code with what is no HTTP.
  if (typeof code === 'string' || error.name === 'HTTPParserError') {
    return new Interrupted(`${typeof code === 'string' ? code : error.name}: ${cleanText(error.message)}`, {
      cause: error,
    });
  }
  return error;
}

/** 408, 425, 429 and the 500s pass by themselves; what else is refused stays so. */
export function statusFault(url: string, status: number): Error {
  const passes = status === 408 || status === 425 || status === 429 || status >= 500;
  return passes ? new Interrupted(`status ${status}`) : new FetchFailed(url, `status ${status}`);
}

function parsedUrl(text: string, base?: URL): URL {
  const url = URL.canParse(text, base?.href) ? new URL(text, base) : undefined;
  if (url?.protocol !== 'http:' && url?.protocol !== 'https:') {
    throw new FetchFailed(text, 'it is not an http or https address');
  }
  if (url.username !== '' || url.password !== '') {
    throw new FetchFailed(url.href, 'it holds a password, which would be recorded');
  }
  return url;
}

async function readAll(url: string, body: AsyncIterable<unknown>, mostBytes: number): Promise<Buffer> {
  const bytes = await limitedBytes(body, mostBytes).catch((error: unknown) => {
    throw interruption(error, undefined);
  });
  if (!bytes) throw new FetchFailed(url, `it is longer than ${mostBytes} bytes`);
  return bytes;
}

async function backOff(attempt: number, signal: AbortSignal | undefined): Promise<void> {
  const milliseconds = Math.min(30_000, 500 * 2 ** (attempt - 1));
  await delay(milliseconds, undefined, signal ? { signal } : {});
}
