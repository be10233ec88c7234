import type * as OpenIdClient from 'openid-client';
import { NotAuthenticated } from '../access/errors.js';
import { cleanText, ImagoError, shorten, showValue } from '../errors.js';
import { OidcUnavailable } from './errors.js';

/** The kinds of openid-client's errors. */
export type Kinds = Pick<
  typeof OpenIdClient,
  'AuthorizationResponseError' | 'ClientError' | 'ResponseBodyError'
>;

/** What the one who logs in has not done, or no more in time (RFC 6749 §5.2, RFC 8628 §3.5). */
const his: ReadonlySet<string> = new Set([
  'access_denied',
  'expired_token',
  'invalid_grant',
  'login_required',
  'consent_required',
  'interaction_required',
]);

/** Of openid-client: what came from the provider, or through the browser, does not hold. */
const unfit: Readonly<Record<string, string>> = {
  OAUTH_JWT_CLAIM_COMPARISON_FAILED: 'its ID token is for somebody else, or not of this login',
  OAUTH_JWT_TIMESTAMP_CHECK_FAILED: 'its ID token has expired, or the clocks do not agree',
  OAUTH_KEY_SELECTION_FAILED: 'its ID token is signed by none of the provider’s keys',
  OAUTH_INVALID_RESPONSE: 'its answer does not hold',
  OAUTH_UNSUPPORTED_OPERATION: 'its ID token is signed in a way that is not taken here',
  OAUTH_PARSE_ERROR: 'its ID token is none',
};

/**
 * Whose fault it is that nobody is logged in: who asks is told, and what the provider wrote stays on one short line.
 * @param by What failed: asking the provider, or the login that somebody wants to end.
 */
export function faultOf(error: unknown, kinds: Kinds, issuer: string, by: 'provider' | 'login'): unknown {
  if (error instanceof ImagoError) return error;
  if (error instanceof kinds.AuthorizationResponseError || error instanceof kinds.ResponseBodyError) {
    const said = `says ${showValue(error.error)}`;
    return by === 'login' && his.has(error.error)
      ? new NotAuthenticated(`nobody is logged in: the provider ${said}`, { why: 'wrong-login' })
      : new OidcUnavailable(issuer, `${said}: see operators.oidc and how the provider knows imago`, {
          cause: error,
        });
  }
  if (!(error instanceof Error)) return error;
  const cause = causeOf(error);
  if (cause instanceof ImagoError)
    return new OidcUnavailable(issuer, `cannot be asked: ${cause.message}`, { cause });
  const code = Reflect.get(error, 'code') as unknown;
  const reason = by === 'login' && typeof code === 'string' ? unfit[code] : undefined;
  if (reason !== undefined)
    return new NotAuthenticated(`nobody is logged in: ${reason} (${detailOf(error)})`, {
      why: 'wrong-login',
    });
  if (code === 'OAUTH_TIMEOUT')
    return new OidcUnavailable(issuer, 'does not answer in time', { cause: error });
  return new OidcUnavailable(issuer, `cannot be used: ${detailOf(cause ?? error)}`, { cause: error });
}

function causeOf({ cause }: Error): Error | undefined {
  return cause instanceof Error ? (causeOf(cause) ?? cause) : undefined;
}

function detailOf(error: Error): string {
  return shorten(cleanText(error.message), 160);
}
