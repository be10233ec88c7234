import type { OperatorRole } from '../api/role.js';
import { newSecret, newTokenId } from './operator-token.js';

/** `__Host-` has browsers take it over TLS alone, for this host alone. */
export const SESSION_COOKIE = '__Host-imago';

/** What a session was opened by, and ends with. */
export type Opener =
  | { readonly kind: 'token'; readonly id: string }
  /** Of the provider; and by which rule the role is his. */
  | { readonly kind: 'oidc'; readonly issuer: string; readonly claim: string; readonly value: string };

/** What is kept of a login in a browser. */
export interface Session {
  /** Tells it from others; no secret. */
  readonly id: string;
  readonly name: string;
  readonly role: OperatorRole;
  /** SHA-256 of its secret, in hex. */
  readonly sha256: string;
  readonly opener: Opener;
  readonly created: string;
  /** The first moment at which it holds no more. */
  readonly expires: string;
}

export interface ShownSession {
  readonly id: string;
  readonly secret: string;
}

const VALUE = /^(?<id>[0-9a-f]{12})_(?<secret>[0-9a-f]{40})$/;

/** Undefined where no such cookie is shown, null for one that is none of imago's. */
export function shownSession(cookie: string | undefined): ShownSession | null | undefined {
  const value = cookieNamed(SESSION_COOKIE, cookie);
  if (value === undefined) return undefined;
  const { id, secret } = VALUE.exec(value)?.groups ?? {};
  return id === undefined || secret === undefined ? null : { id, secret };
}

export function newSession(): ShownSession {
  return { id: newTokenId(), secret: newSecret() };
}

/** For `Set-Cookie`. Scripts of a page do not read it, and no other site has it sent. @param seconds that it holds */
export function sessionCookie({ id, secret }: ShownSession, seconds: number): string {
  return `${SESSION_COOKIE}=${id}_${secret}; ${attributes('Strict', seconds)}`;
}

/** Has a browser forget it. */
export const endedSessionCookie = `${SESSION_COOKIE}=; ${attributes('Strict', 0)}`;

/** RFC 6265 §5.4, without quotes. The first of that name. */
export function cookieNamed(name: string, header: string | undefined): string | undefined {
  for (const pair of header?.split(';') ?? []) {
    const [key, ...value] = pair.trim().split('=');
    if (key === name) return value.join('=');
  }
  return undefined;
}

/** @param site `Lax` is sent also when a link from elsewhere leads here */
export function attributes(site: 'Strict' | 'Lax', seconds: number): string {
  return `Path=/; Max-Age=${Math.floor(seconds)}; HttpOnly; Secure; SameSite=${site}`;
}
