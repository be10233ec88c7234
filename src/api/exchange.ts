import { certificateFault, OtherCertificate } from './certificate-faults.js';
import type { Door } from './door.js';
import { ServerUnreachable, ServerUntrusted } from './errors.js';

export interface Answer {
  readonly status: number;
  readonly ok: boolean;
  readonly text: string;
  /** RFC 9110 §8.8.3. */
  readonly etag?: string | undefined;
}

export interface ExchangeOptions {
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | Uint8Array;
  /** Through which it is asked. */
  readonly door: Door;
  /** For the whole of the call. */
  readonly timeoutMs: number;
}

/** One request and its whole answer, whatever its status. @throws ServerUnreachable, ServerUntrusted */
export async function exchange(
  url: string,
  { door, timeoutMs, ...request }: ExchangeOptions,
): Promise<Answer> {
  const signal = AbortSignal.timeout(timeoutMs);
  try {
    const response = await door.request(url, request, signal);
    const chunks: Buffer[] = [];
    for await (const chunk of response) chunks.push(chunk as Buffer);
    const status = response.statusCode ?? 0;
    const { etag } = response.headers;
    return { status, ok: status >= 200 && status < 300, text: Buffer.concat(chunks).toString(), etag };
  } catch (error) {
    throw failureAt(door, error, signal, timeoutMs);
  }
}

/**
 * One request and its answer, chunk by chunk, to its end. Whoever is silent for `timeoutMs` is taken for dead.
 * @throws ServerUntrusted; ServerUnreachable at any time; also when the answer is cut off.
 */
export async function* exchangeBytes(
  url: string,
  { door, timeoutMs, ...request }: ExchangeOptions,
): AsyncGenerator<{ readonly status: number; readonly bytes: Buffer }> {
  const silence = new AbortController();
  const timer = setTimeout(() => silence.abort(new DOMException('silent', 'TimeoutError')), timeoutMs);
  try {
    const response = await door.request(url, request, silence.signal);
    for await (const bytes of response) {
      timer.refresh();
      yield { status: response.statusCode ?? 0, bytes: bytes as Buffer };
    }
  } catch (error) {
    throw failureAt(door, error, silence.signal, timeoutMs);
  } finally {
    clearTimeout(timer);
    silence.abort();
  }
}

/**
 * One request whose answer goes on for ever, chunk by chunk. Whoever is silent for `timeoutMs` is taken for dead.
 * @throws ServerUntrusted; ServerUnreachable at any time; also when the other side ends it.
 */
export async function* exchangeStream(
  url: string,
  options: ExchangeOptions,
): AsyncGenerator<{ readonly status: number; readonly text: string }> {
  const decoder = new TextDecoder();
  for await (const { status, bytes } of exchangeBytes(url, options))
    yield { status, text: decoder.decode(bytes, { stream: true }) };
  throw new ServerUnreachable(options.door.name, 'it ended the connection');
}

/** RFC 9110 §5.5: what a header may carry. */
export function headerText(text: string): string {
  return text.replace(/[^\x21-\x7e]+/g, '-').slice(0, 128);
}

/** Why nothing came of a request. */
export function failureAt(
  { name, pinned }: Door,
  error: unknown,
  signal: AbortSignal,
  timeoutMs: number,
): ServerUnreachable | ServerUntrusted {
  if (!signal.aborted) {
    if (error instanceof OtherCertificate && pinned !== undefined) {
      return ServerUntrusted.another(name, { shown: error.shown, pinned }, { cause: error });
    }
    const fault = certificateFault(error);
    if (fault?.isUnknown) return ServerUntrusted.unknown(name, fault.reason, { cause: error });
    if (fault) return new ServerUntrusted(name, fault.reason, CERTIFICATE_REMEDY, { cause: error });
  }
  const isShut = error instanceof Error && Reflect.get(error, 'code') === 'ECONNREFUSED';
  return new ServerUnreachable(name, reasonOf(error, signal, timeoutMs), {
    cause: error,
    ...(isShut && name.startsWith('https:') && { hint: PLAIN_HINT }),
  });
}

const PLAIN_HINT = 'where listeners.admin is trusted, it speaks plain HTTP: --no-tls (IMAGO_NO_TLS)';

const CERTIFICATE_REMEDY =
  'use a name or address that it is for with --host, or give the server another certificate: listeners.admin in its configuration';

function reasonOf(error: unknown, signal: AbortSignal, timeoutMs: number): string {
  if (signal.aborted) return `no answer within ${timeoutMs / 1000} s`;
  if (!(error instanceof Error)) return String(error);
  const code: unknown = Reflect.get(error, 'code');
  if (typeof code !== 'string') return error.message;
  return code.startsWith('HPE_') ? 'it does not speak HTTP' : (reasons[code] ?? code);
}

const reasons: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'connection refused',
  ECONNRESET: 'connection reset',
  ENOTFOUND: 'unknown host name',
  EAI_AGAIN: 'host name could not be resolved',
  EHOSTUNREACH: 'no route to it',
  ENETUNREACH: 'no route to its network',
  ETIMEDOUT: 'connection timed out',
  ENOENT: 'there is no such socket',
  ENOTSOCK: 'it is no socket',
  EACCES: 'only root and imago’s user may use it',
  EPROTO: 'it does not speak TLS: --no-tls speaks plain HTTP',
  ERR_SSL_WRONG_VERSION_NUMBER: 'it does not speak TLS: --no-tls speaks plain HTTP',
};
