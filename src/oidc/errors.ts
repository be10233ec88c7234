import { ImagoError } from '../errors.js';

/** The provider of OpenID Connect does not answer, or not as it should. */
export class OidcUnavailable extends ImagoError {
  readonly code = 'OIDC_UNAVAILABLE';

  constructor(issuer: string, reason: string, options?: ErrorOptions) {
    super(
      `nobody can log in by OpenID Connect now: ${issuer} ${reason}; tokens, certificates and the socket on the server work on`,
      { issuer },
      options,
    );
  }
}

export class OidcOff extends ImagoError {
  readonly code = 'OIDC_OFF';

  constructor() {
    super('OpenID Connect is not set up here: log in with a token, or have operators.oidc set');
  }
}

/** This address, all, or one operator log in more often than people do. */
export class TooManyLogins extends ImagoError {
  readonly code = 'TOO_MANY_LOGINS';

  constructor(who: string, remedy = 'try again in a minute') {
    super(`too many logins ${who}: ${remedy}`);
  }
}
