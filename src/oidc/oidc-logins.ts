import { setTimeout as delay } from 'node:timers/promises';
import { NotAuthenticated } from '../access/errors.js';
import { sessionCookie, type Session } from '../access/session.js';
import type { Sessions } from '../access/sessions.js';
import type { Tokens } from '../access/tokens.js';
import type { LoginBegun, LoginState } from '../api/logins.js';
import type { OidcConfig, OperatorsConfig } from '../config/operators-section.js';
import type { ReachLimit } from '../limits.js';
import { DeviceLogins } from './device-logins.js';
import { OidcOff, TooManyLogins } from './errors.js';
import { identityOf, type Claims, type Identity } from './identity.js';
import { LoginRates } from './login-rates.js';
import { Provider, type ProviderParts } from './provider.js';
import { endedLoginCookie, SealedLogins } from './sealed-login.js';

/** As who made them, of tokens that logins from terminals bring. */
const MADE_BY = 'OpenID Connect';
/** Of one operator, that hold: a program that logs in again and again leaves places to others. */
const MOST_TOKENS_OF_NAME = 16;
const HOUR_MS = 3_600_000;

export interface OidcParts extends Pick<ProviderParts, 'secret' | 'outgoing' | 'now'> {
  /** As it stands now. */
  readonly config: () => OperatorsConfig;
  readonly tokens: Pick<Tokens, 'create' | 'list'>;
  readonly sessions: Pick<Sessions, 'create'>;
  readonly clock: () => Date;
  readonly reach: ReachLimit;
  readonly log: { info(facts: object, message: string): void };
}

/** Logins by OpenID Connect: in browsers, which get a session, and from terminals, which get a token. */
export class OidcLogins {
  readonly #provider: Provider;
  readonly #rates: LoginRates;
  readonly #sealed: SealedLogins;
  readonly #devices: DeviceLogins;

  constructor(private readonly parts: OidcParts) {
    const { now, clock, reach } = parts;
    this.#provider = new Provider({ ...parts, config: () => this.#config });
    this.#rates = new LoginRates(now, reach);
    this.#sealed = new SealedLogins(clock);
    this.#devices = new DeviceLogins({
      begin: () => this.#provider.beginDevice(),
      identify: (claims) => this.#identify(claims, 'terminal'),
      tokenFor: (identity) => this.#tokenFor(identity),
      clock,
      reach,
      pause: (milliseconds, signal) => delay(milliseconds, undefined, { signal, ref: false }),
    });
  }

  /**
   * Sends a browser to the provider.
   * @returns where, and the cookie that it has to return with
   * @throws TooManyLogins, OidcUnavailable, SecretUnusable
   */
  async begin(
    address: string,
    redirectUri: string,
  ): Promise<{ readonly url: string; readonly cookie: string }> {
    this.#rates.take(address);
    const { url, begun } = await this.#provider.begin(redirectUri);
    return { url, cookie: this.#sealed.seal(begun) };
  }

  /**
   * A browser that has returned.
   * @returns its session, and what it is to keep and to forget
   * @throws NotAuthenticated, TooManyLogins, OidcUnavailable, StoreUnavailable
   */
  async finish(
    address: string,
    cookie: string | undefined,
    search: string,
  ): Promise<{ readonly session: Session; readonly cookies: readonly string[] }> {
    const begun = this.#sealed.unseal(cookie);
    const { issuer } = this.#config;
    if (begun?.issuer !== issuer)
      throw new NotAuthenticated(
        'this browser has begun no login here, or too long ago: begin at /login/oidc',
        {
          why: 'wrong-login',
        },
      );
    this.#rates.take(address);
    const { name, role, rule } = this.#identify(await this.#provider.finish(search, begun), 'browser');
    const { claim, value } = rule;
    const { sessions, clock } = this.parts;
    const opener = { kind: 'oidc', issuer, claim, value } as const;
    const { session, shown } = await sessions.create({ name, role, opener });
    const seconds = (Date.parse(session.expires) - clock().getTime()) / 1000;
    return { session, cookies: [sessionCookie(shown, seconds), endedLoginCookie] };
  }

  /** @throws TooManyLogins, OidcUnavailable, SecretUnusable */
  async beginDevice(address: string): Promise<LoginBegun> {
    this.#rates.take(address);
    return this.#devices.begin(address);
  }

  /** @throws NotAuthenticated, OidcUnavailable, TooManyLogins, TokensFull, StoreUnavailable */
  deviceState(id: string): Promise<LoginState> {
    return this.#devices.state(id);
  }

  close(): void {
    this.#devices.close();
  }

  get #config(): OidcConfig {
    const { oidc } = this.parts.config();
    if (!oidc) throw new OidcOff();
    return oidc;
  }

  #identify(claims: Claims, from: 'browser' | 'terminal'): Identity {
    const identity = identityOf(claims, this.#config);
    const { name, role } = identity;
    this.parts.log.info({ name, role, from }, 'logged in by OpenID Connect');
    return identity;
  }

  async #tokenFor({ name, role }: Identity): Promise<Extract<LoginState, { status: 'done' }>> {
    const { tokens, clock, config } = this.parts;
    const now = clock().getTime();
    const held = tokens
      .list()
      .filter((token) => token.name === name && token.createdBy === MADE_BY && !isOver(token.expires, now));
    if (held.length >= MOST_TOKENS_OF_NAME)
      throw new TooManyLogins(`of ${name}`, 'use one that still holds, or have an admin revoke some');
    const expires = new Date(now + config().sessionHours * HOUR_MS);
    const { text } = await tokens.create({ name, role, expires }, MADE_BY);
    return { status: 'done', token: text, name, role, expires: expires.toISOString() };
  }
}

function isOver(expires: string | undefined, now: number): boolean {
  return expires !== undefined && Date.parse(expires) <= now;
}
