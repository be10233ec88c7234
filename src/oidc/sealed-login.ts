import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';
import { z } from 'zod';
import { attributes, cookieNamed } from '../access/session.js';
import { jsonIn } from '../json.js';
import type { Begun } from './provider.js';

const COOKIE = '__Host-imago-login';
/** A login in a browser is ended within so many seconds, or begun anew. */
const SECONDS = 600;
const NONCE_BYTES = 12;
const TAG_BYTES = 16;
/** A few hundred are used. */
const LONGEST = 4096;

const Kept = z.strictObject({
  issuer: z.string(),
  redirectUri: z.string(),
  state: z.string(),
  nonce: z.string(),
  verifier: z.string(),
  until: z.number(),
});

/**
 * What a login in a browser is begun with, kept by that browser: strangers who begin logins and never end them take no memory, and none of
 * anybody's place. The key lives as long as the process.
 */
export class SealedLogins {
  readonly #key = randomBytes(32);

  constructor(private readonly clock: () => Date) {}

  /** For `Set-Cookie`. `Lax`, since the provider's page leads back here. */
  seal(begun: Begun): string {
    const text = JSON.stringify({ ...begun, until: this.clock().getTime() + SECONDS * 1000 });
    const nonce = randomBytes(NONCE_BYTES);
    const cipher = createCipheriv('aes-256-gcm', this.#key, nonce);
    const bytes = Buffer.concat([nonce, cipher.update(text, 'utf8'), cipher.final(), cipher.getAuthTag()]);
    return `${COOKIE}=${bytes.toString('base64url')}; ${attributes('Lax', SECONDS)}`;
  }

  /** Undefined where the browser has none that holds. */
  unseal(cookie: string | undefined): Begun | undefined {
    const value = cookieNamed(COOKIE, cookie);
    if (value === undefined || value.length > LONGEST) return undefined;
    const kept = Kept.safeParse(jsonIn(this.#opened(Buffer.from(value, 'base64url')) ?? '')).data;
    if (!kept || kept.until <= this.clock().getTime()) return undefined;
    const { until: _, ...begun } = kept;
    return begun;
  }

  #opened(bytes: Buffer): string | undefined {
    if (bytes.length < NONCE_BYTES + TAG_BYTES) return undefined;
    const decipher = createDecipheriv('aes-256-gcm', this.#key, bytes.subarray(0, NONCE_BYTES), {
      authTagLength: TAG_BYTES,
    });
    decipher.setAuthTag(bytes.subarray(-TAG_BYTES));
    try {
      const text = decipher.update(bytes.subarray(NONCE_BYTES, -TAG_BYTES));
      return Buffer.concat([text, decipher.final()]).toString('utf8');
    } catch {
      return undefined; // not of this key, or changed
    }
  }
}

/** Has a browser forget it. */
export const endedLoginCookie = `${COOKIE}=; ${attributes('Lax', 0)}`;
