import type { CustomFetchOptions } from 'openid-client';
import { limitedBytes } from '../net/limited-bytes.js';
import type { Outgoing } from '../net/outgoing.js';

/** Of discovery, keys, tokens: the largest that are known of have some ten thousand. */
const MOST_BYTES = 512 * 1024;

/**
 * Speaks to the provider as to every server that the configuration names: what its answers lead to, keys and tokens, may lie elsewhere, and
 * not within this server. No redirects are followed.
 */
export function providerFetch(outgoing: Pick<Outgoing, 'to'>, issuer: string) {
  return async (url: string, { method, headers, body, signal }: CustomFetchOptions): Promise<Response> => {
    const { request } = await import('undici'); // not at the start: see docs/decisions/start.md
    const at = new URL(url);
    const answer = await request(at, {
      dispatcher: await outgoing.to(at, new URL(issuer)),
      method: method === 'POST' ? 'POST' : 'GET',
      headers: { ...headers, 'accept-encoding': 'identity', 'user-agent': 'imago' },
      body: body instanceof URLSearchParams ? body.toString() : null,
      ...(signal && { signal }),
    });
    const bytes = await limitedBytes(answer.body, MOST_BYTES);
    if (!bytes) throw new Error(`answers with more than ${MOST_BYTES} bytes`);
    const given = Object.entries(answer.headers).flatMap(([name, value = []]) =>
      [value].flat().map((one): [string, string] => [name, one]),
    );
    // These have no body, and `Response` takes none for them.
    const isBare = [101, 204, 205, 304].includes(answer.statusCode);
    return new Response(isBare ? null : new Uint8Array(bytes), { status: answer.statusCode, headers: given });
  };
}
