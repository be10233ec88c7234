import type * as OpenIdClient from 'openid-client';
import type { Configuration, ServerMetadata } from 'openid-client';
import type { OidcConfig } from '../config/operators-section.js';
import { showValue } from '../errors.js';
import type { Outgoing } from '../net/outgoing.js';
import { OidcUnavailable } from './errors.js';
import type { Claims } from './identity.js';
import { faultOf } from './fault-of.js';
import { providerFetch } from './provider-fetch.js';

type Library = typeof OpenIdClient;

const ANSWER_SECONDS = 10;
/** Between two questions whether somebody has agreed, whatever the provider says. */
const LEAST_SECONDS = 1;
/** RFC 8628 §3.4 */
const DEVICE_GRANT = 'urn:ietf:params:oauth:grant-type:device_code';
/** What the provider says of itself is looked at anew after so long; and after a failure. */
const KEPT_MS = 300_000;
const FAILED_MS = 5_000;

export interface ProviderParts {
  /** As it stands now. */
  readonly config: () => OidcConfig;
  /** @throws SecretUnusable */
  readonly secret: () => Promise<string | undefined>;
  readonly outgoing: Pick<Outgoing, 'to'>;
  /** In milliseconds, forwards only. */
  readonly now: () => number;
}

/** What a login in a browser is begun with, and has to end with. */
export interface Begun {
  readonly issuer: string;
  readonly redirectUri: string;
  readonly state: string;
  readonly nonce: string;
  readonly verifier: string;
}

/** A login by another device, as the provider has begun it. */
export interface DeviceLogin {
  readonly url: string;
  readonly userCode: string;
  /** In seconds. */
  readonly interval: number;
  readonly expiresIn: number;
  /** Asks once whether somebody has agreed. @throws NotAuthenticated where he refused, or it is too late; OidcUnavailable */
  ask(): Promise<Claims | 'pending' | 'slower'>;
}

interface Known {
  readonly issuer: string;
  readonly until: number;
  readonly metadata: Promise<ServerMetadata>;
}

/** A provider of OpenID Connect, by openid-client, which is loaded when the first one logs in. */
export class Provider {
  #known: Known | undefined;

  constructor(private readonly parts: ProviderParts) {}

  /** @returns where the browser goes, and what is to be kept until it returns. @throws OidcUnavailable */
  async begin(redirectUri: string): Promise<{ readonly url: string; readonly begun: Begun }> {
    const { issuer, scopes } = this.parts.config();
    const { library, configuration } = await this.#client();
    const begun = {
      issuer,
      redirectUri,
      state: library.randomState(),
      nonce: library.randomNonce(),
      verifier: library.randomPKCECodeVerifier(),
    };
    const url = library.buildAuthorizationUrl(configuration, {
      redirect_uri: redirectUri,
      scope: scopes.join(' '),
      state: begun.state,
      nonce: begun.nonce,
      code_challenge: await library.calculatePKCECodeChallenge(begun.verifier),
      code_challenge_method: 'S256',
    });
    return { url: url.href, begun };
  }

  /** @param search of the URL that the browser has returned by. @throws NotAuthenticated, OidcUnavailable */
  async finish(search: string, { redirectUri, state, nonce, verifier }: Begun): Promise<Claims> {
    const { library, configuration } = await this.#client();
    const at = new URL(redirectUri);
    at.search = search;
    return this.#claimsOf(library, () =>
      library.authorizationCodeGrant(configuration, at, {
        expectedState: state,
        expectedNonce: nonce,
        pkceCodeVerifier: verifier,
        idTokenExpected: true,
      }),
    );
  }

  /** @throws OidcUnavailable */
  async beginDevice(): Promise<DeviceLogin> {
    const { issuer, scopes } = this.parts.config();
    const { library, configuration } = await this.#client();
    if (configuration.serverMetadata().device_authorization_endpoint === undefined)
      throw new OidcUnavailable(issuer, 'offers no logins from a terminal (device authorization grant)');
    const begun = await this.#tried(library, 'provider', () =>
      library.initiateDeviceAuthorization(configuration, { scope: scopes.join(' ') }),
    );
    return {
      url: shownUrl(begun.verification_uri_complete ?? begun.verification_uri, issuer),
      userCode: shownCode(begun.user_code, issuer),
      interval: Math.max(LEAST_SECONDS, begun.interval ?? 5),
      expiresIn: begun.expires_in,
      ask: () => this.#askedOnce(library, configuration, begun.device_code),
    };
  }

  /** openid-client asks again by itself, by timers that keep the process from its end. */
  async #askedOnce(
    library: Library,
    configuration: Configuration,
    code: string,
  ): Promise<Claims | 'pending' | 'slower'> {
    return this.#claimsOf(library, () =>
      library.genericGrantRequest(configuration, DEVICE_GRANT, { device_code: code }),
    ).catch((error: unknown) => {
      const said = error instanceof OidcUnavailable && error.cause;
      if (!(said instanceof library.ResponseBodyError)) throw error;
      if (said.error === 'authorization_pending') return 'pending';
      if (said.error === 'slow_down') return 'slower';
      throw error;
    });
  }

  /** The keys of a configuration are fetched once: one made anew for each login has those of today. */
  async #client(): Promise<{ readonly library: Library; readonly configuration: Configuration }> {
    const { issuer, clientId } = this.parts.config();
    const secret = await this.parts.secret();
    const library = await import('openid-client');
    const metadata = await this.#metadata(library, issuer);
    const methods = metadata.token_endpoint_auth_methods_supported ?? ['client_secret_basic'];
    const proof = methods.includes('client_secret_basic')
      ? library.ClientSecretBasic
      : library.ClientSecretPost;
    const configuration = new library.Configuration(
      metadata,
      clientId,
      undefined,
      secret === undefined ? library.None() : proof(secret),
    );
    configuration.timeout = ANSWER_SECONDS;
    configuration[library.customFetch] = providerFetch(this.parts.outgoing, issuer);
    // Without it the signature of what comes over TLS from the provider itself would not be looked at.
    library.enableNonRepudiationChecks(configuration);
    if (issuer.startsWith('http:')) library.allowInsecureRequests(configuration);
    return { library, configuration };
  }

  #metadata(library: Library, issuer: string): Promise<ServerMetadata> {
    const now = this.parts.now();
    if (this.#known?.issuer === issuer && now < this.#known.until) return this.#known.metadata;
    const metadata = this.#tried(library, 'provider', async () => {
      const found = await library.discovery(new URL(issuer), 'imago', undefined, library.None(), {
        [library.customFetch]: providerFetch(this.parts.outgoing, issuer),
        timeout: ANSWER_SECONDS,
        execute: issuer.startsWith('http:') ? [library.allowInsecureRequests] : [],
      });
      return found.serverMetadata();
    });
    const known = { issuer, until: now + KEPT_MS, metadata };
    this.#known = known;
    metadata.catch(() => {
      if (this.#known === known) this.#known = { ...known, until: this.parts.now() + FAILED_MS };
    });
    return metadata;
  }

  async #claimsOf(library: Library, grant: () => Promise<{ claims(): Claims | undefined }>): Promise<Claims> {
    const claims = (await this.#tried(library, 'login', grant)).claims();
    if (!claims) throw new OidcUnavailable(this.parts.config().issuer, 'sends no ID token: see its scopes');
    return claims;
  }

  async #tried<T>(library: Library, by: 'provider' | 'login', what: () => Promise<T>): Promise<T> {
    try {
      return await what();
    } catch (error) {
      throw faultOf(error, library, this.parts.config().issuer, by);
    }
  }
}

/** Both stand on a terminal. @throws OidcUnavailable */
function shownUrl(text: string, issuer: string): string {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url?.protocol === 'https:' || (url?.protocol === 'http:' && issuer.startsWith('http:')))
    return url.href;
  throw new OidcUnavailable(issuer, `has people go to ${showValue(text)}, which is no https:// address`);
}

function shownCode(code: string, issuer: string): string {
  if (/^[\x21-\x7e]{1,64}$/.test(code)) return code;
  throw new OidcUnavailable(issuer, `gives the code ${showValue(code)}, which nobody can type`);
}
