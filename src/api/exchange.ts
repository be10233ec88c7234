import { ServerUnreachable } from './errors.js';

export interface Answer {
  readonly status: number;
  readonly ok: boolean;
  readonly text: string;
}

export interface ExchangeOptions extends RequestInit {
  /** Named in the error when nobody answers. */
  readonly baseUrl: string;
  /** For the whole of the call. */
  readonly timeoutMs: number;
}

/** One request and its whole answer, whatever its status. @throws ServerUnreachable */
export async function exchange(
  url: string,
  { baseUrl, timeoutMs, ...request }: ExchangeOptions,
): Promise<Answer> {
  try {
    const response = await fetch(url, { ...request, signal: AbortSignal.timeout(timeoutMs) });
    return { status: response.status, ok: response.ok, text: await response.text() };
  } catch (error) {
    throw new ServerUnreachable(baseUrl, reasonOf(error, timeoutMs), { cause: error });
  }
}

/**
 * One request whose answer goes on for ever, chunk by chunk. Whoever is silent for `timeoutMs` is taken for dead.
 * @throws ServerUnreachable at any time; also when the other side ends it.
 */
export async function* exchangeStream(
  url: string,
  { baseUrl, timeoutMs, ...request }: ExchangeOptions,
): AsyncGenerator<{ readonly status: number; readonly text: string }> {
  const silence = new AbortController();
  const timer = setTimeout(() => silence.abort(new DOMException('silent', 'TimeoutError')), timeoutMs);
  try {
    const response = await fetch(url, { ...request, signal: silence.signal });
    const decoder = new TextDecoder();
    for await (const bytes of response.body ?? []) {
      timer.refresh();
      yield { status: response.status, text: decoder.decode(bytes, { stream: true }) };
    }
  } catch (error) {
    throw new ServerUnreachable(baseUrl, reasonOf(error, timeoutMs), { cause: error });
  } finally {
    clearTimeout(timer);
    silence.abort();
  }
  throw new ServerUnreachable(baseUrl, 'it ended the connection');
}

/** RFC 9110 §5.5: what a header may carry. */
export function headerText(text: string): string {
  return text.replace(/[^\x21-\x7e]+/g, '-').slice(0, 128);
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
  ERR_SSL_WRONG_VERSION_NUMBER: 'it does not speak TLS',
};
