import { createHmac } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { cleanText } from '../errors.js';
import { LocalTarget, type Outgoing } from '../net/outgoing.js';
import type { Secret } from '../power/secret.js';
import type { HookEvent } from './hook-event.js';

export interface WebhookParts {
  readonly url: string;
  /** Asked for with each call, so that a new key holds at once. */
  readonly secret: () => Promise<Secret>;
  readonly tries: number;
  readonly timeoutSeconds: number;
  readonly outgoing: Outgoing;
  readonly clock: () => Date;
  readonly pause?: (attempt: number, signal: AbortSignal) => Promise<void>;
}

/** It was not taken, and trying again is no use or over. */
export class WebhookFailed extends Error {
  override readonly name = 'WebhookFailed';
}

/**
 * `X-Imago-Signature: sha256=<hex>` is the HMAC-SHA-256 of `<X-Imago-Time>.<body>`: with the time signed, an old call cannot
 * be played back later. Called again until it is answered with 2xx; what is refused with 4xx stays refused, but for 408 and 429.
 * @throws WebhookFailed
 */
export async function callWebhook(
  { url, secret, tries, timeoutSeconds, outgoing, clock, pause = backOff }: WebhookParts,
  event: HookEvent,
  signal: AbortSignal,
): Promise<void> {
  const body = JSON.stringify(event);
  for (let attempt = 1; ; attempt += 1) {
    const time = clock().toISOString();
    const refusal = await post(url, body, {
      time,
      signature: signatureOf(await secret(), time, body),
      id: event.id,
      outgoing,
      signal: AbortSignal.any([signal, AbortSignal.timeout(timeoutSeconds * 1000)]),
    });
    if (refusal === undefined) return;
    signal.throwIfAborted();
    if (refusal.isFinal || attempt >= tries) throw new WebhookFailed(refusal.reason);
    await pause(attempt, signal);
  }
}

export function signatureOf(secret: Secret, time: string, body: string): string {
  return `sha256=${createHmac('sha256', secret.reveal()).update(`${time}.${body}`).digest('hex')}`;
}

interface Refusal {
  readonly reason: string;
  readonly isFinal: boolean;
}

async function post(
  url: string,
  body: string,
  call: {
    readonly time: string;
    readonly signature: string;
    readonly id: string;
    readonly outgoing: Outgoing;
    readonly signal: AbortSignal;
  },
): Promise<Refusal | undefined> {
  try {
    const { request } = await import('undici'); // not at the start: see docs/decisions/start.md
    const target = new URL(url);
    const response = await request(target, {
      dispatcher: await call.outgoing.to(target, target),
      method: 'POST',
      body,
      signal: call.signal,
      headers: {
        'content-type': 'application/json',
        'user-agent': 'imago',
        'x-imago-event': call.id,
        'x-imago-time': call.time,
        'x-imago-signature': call.signature,
      },
    });
    await response.body.dump();
    const { statusCode: status } = response;
    if (status >= 200 && status < 300) return undefined;
    const passes = status >= 500 || status === 408 || status === 429;
    // The signed call goes to who is configured and to nobody else: a redirect is a refusal.
    const isRedirect = status >= 300 && status < 400;
    return {
      reason: isRedirect
        ? `status ${status}: it redirects, and webhooks are not sent on`
        : `status ${status}`,
      isFinal: !passes,
    };
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    if (error instanceof LocalTarget) return { reason: error.message, isFinal: true };
    return { reason: cleanText('code' in error ? String(error.code) : error.message), isFinal: false };
  }
}

async function backOff(attempt: number, signal: AbortSignal): Promise<void> {
  await delay(Math.min(60_000, 1000 * 2 ** (attempt - 1)), undefined, { signal });
}
