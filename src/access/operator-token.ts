import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';
import type { OperatorRole } from '../api/role.js';

const ID_BYTES = 6;
/** 160 random bits: nobody guesses them, so a plain hash is enough, and no slow one is paid for at each call. */
const SECRET_BYTES = 20;

/** What is kept of a token. */
export interface OperatorToken {
  /** Tells it from others; no secret. */
  readonly id: string;
  /** Of who holds it: the author of what he commands. */
  readonly name: string;
  readonly role: OperatorRole;
  /** SHA-256 of its secret, in hex. */
  readonly sha256: string;
  readonly created: string;
  readonly createdBy: string;
  /** The first moment at which it holds no more. */
  readonly expires?: string | undefined;
  /** To the minute. */
  readonly lastUsed?: string | undefined;
  readonly revoked?: { readonly time: string; readonly by: string } | undefined;
}

/** What somebody shows for a token. */
export interface ShownToken {
  readonly id: string;
  readonly secret: string;
}

export function newTokenId(): string {
  return randomBytes(ID_BYTES).toString('hex');
}

export function newSecret(): string {
  return randomBytes(SECRET_BYTES).toString('hex');
}

/** As it is shown once to who made it. */
export function tokenText({ id, secret }: ShownToken): string {
  return `imago_${id}_${secret}`;
}

export function digestOf(secret: string): string {
  return createHash('sha256').update(secret).digest('hex');
}

const TOKEN = /^imago_(?<id>[0-9a-f]{12})_(?<secret>[0-9a-f]{40})$/;

/** Undefined where no token is shown at all (RFC 6750 §2.1), null for one that is none of imago's. */
export function shownToken(authorization = ''): ShownToken | null | undefined {
  const [scheme, token = '', ...more] = authorization.split(' ').filter(Boolean);
  if (scheme?.toLowerCase() !== 'bearer') return undefined; // RFC 9110 §11.1: in any case
  const { id, secret } = (more.length === 0 && TOKEN.exec(token)?.groups) || {};
  return id === undefined || secret === undefined ? null : { id, secret };
}

/** Compared with where no token has the id that is shown: that takes as long as a wrong secret does. */
const NOBODYS = digestOf(newSecret());

/** Whether the secret is that of the token, or of a session, in constant time. */
export function isSecretOf(token: Pick<OperatorToken, 'sha256'> | undefined, secret: string): boolean {
  const kept = Buffer.from(token?.sha256 ?? NOBODYS, 'hex');
  const isSame = timingSafeEqual(kept, Buffer.from(digestOf(secret), 'hex'));
  return isSame && token !== undefined;
}

/** Why a token holds no more; undefined while it does. */
export function overBy({ revoked, expires }: OperatorToken, now: Date): 'revoked' | 'expired' | undefined {
  if (revoked) return 'revoked';
  return expires !== undefined && Date.parse(expires) <= now.getTime() ? 'expired' : undefined;
}
