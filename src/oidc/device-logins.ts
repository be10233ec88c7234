import { randomBytes } from 'node:crypto';
import { NotAuthenticated } from '../access/errors.js';
import type { LoginBegun, LoginState } from '../api/logins.js';
import type { LimitName, ReachLimit } from '../limits.js';
import { PlaceShares, type Sharer } from '../net/place-shares.js';
import { OidcUnavailable } from './errors.js';
import type { Claims, Identity } from './identity.js';
import type { DeviceLogin } from './provider.js';

const MOST = 64;
const MOST_OF_ADDRESS = 4;
/** Whatever the provider says, a login that nobody ends is given up after so long. */
const LONGEST_MS = 900_000;
/** An answer that was lost can be asked for again for so long. */
const ANSWERED_MS = 60_000;
/** A provider that is asked too often says so: RFC 8628 §3.5. */
const SLOWER_MS = 5_000;

export interface DeviceLoginParts {
  readonly begin: () => Promise<DeviceLogin>;
  /** @throws NotAuthenticated */
  readonly identify: (claims: Claims) => Identity;
  /** Makes a token for who has logged in. @throws TokensFull, StoreUnavailable */
  readonly tokenFor: (identity: Identity) => Promise<Extract<LoginState, { status: 'done' }>>;
  readonly clock: () => Date;
  readonly reach: ReachLimit;
  readonly pause: (milliseconds: number, signal: AbortSignal) => Promise<void>;
}

interface Login extends Sharer {
  readonly id: string;
  readonly interval: number;
  readonly stop: AbortController;
  outcome: { readonly identity: Identity } | { readonly error: unknown } | undefined;
  answer?: Promise<LoginState>;
}

/** Logins from a terminal: whoever sits there agrees at the provider, in a browser of his, and the terminal gets a token. */
export class DeviceLogins {
  /** By id. */
  readonly #logins = new Map<string, Login>();
  readonly #shares = new PlaceShares<Login, LimitName>({
    inAll: 'device-logins',
    perAddress: 'device-logins-per-address',
  });

  constructor(private readonly parts: DeviceLoginParts) {}

  get size(): number {
    return this.#logins.size;
  }

  /** @throws OidcUnavailable */
  async begin(address: string): Promise<LoginBegun> {
    const device = await this.parts.begin();
    const lasts = Math.min(LONGEST_MS, device.expiresIn * 1000);
    const interval = Math.max(1, Math.ceil(device.interval));
    // Who knows it is given the token: as hard to guess as one.
    const id = randomBytes(20).toString('hex');
    const login: Login = {
      id,
      address,
      isKnown: false,
      interval,
      stop: new AbortController(),
      outcome: undefined,
    };
    const { instead, reached } = this.#shares.enter(login, { inAll: MOST, perAddress: MOST_OF_ADDRESS });
    if (reached) this.parts.reach(reached, { from: address });
    if (instead) this.#forget(instead);
    this.#logins.set(id, login);
    const expires = new Date(this.parts.clock().getTime() + lasts);
    this.#forgetAfter(login, lasts);
    void this.#follow(login, device);
    return { id, url: device.url, userCode: device.userCode, interval, expires: expires.toISOString() };
  }

  /** @throws NotAuthenticated where there is none, or nobody has agreed; OidcUnavailable */
  async state(id: string): Promise<LoginState> {
    const login = this.#logins.get(id);
    if (!login)
      throw new NotAuthenticated('this login is not known here, or was over before anybody agreed', {
        why: 'wrong-login',
      });
    const { outcome, interval } = login;
    if (!outcome) return { status: 'pending', interval };
    if ('error' in outcome) throw outcome.error;
    login.answer ??= this.#answer(login, outcome.identity);
    return login.answer;
  }

  close(): void {
    for (const login of this.#logins.values()) this.#forget(login);
  }

  async #answer(login: Login, identity: Identity): Promise<LoginState> {
    try {
      const state = await this.parts.tokenFor(identity);
      this.#forgetAfter(login, ANSWERED_MS);
      return state;
    } catch (error) {
      // The next one who asks may have more luck.
      delete login.answer;
      throw error;
    }
  }

  async #follow(login: Login, device: DeviceLogin): Promise<void> {
    const { signal } = login.stop;
    for (let wait = device.interval * 1000; ;) {
      try {
        await this.parts.pause(wait, signal);
        const said = await device.ask();
        if (said === 'slower') wait += SLOWER_MS;
        else if (said !== 'pending') {
          login.outcome = { identity: this.parts.identify(said) };
          return;
        }
      } catch (error) {
        if (signal.aborted) return;
        // The provider may come back before the login is too old.
        if (error instanceof OidcUnavailable) continue;
        login.outcome = { error };
        return;
      }
    }
  }

  #forgetAfter(login: Login, milliseconds: number): void {
    setTimeout(() => this.#forget(login), milliseconds).unref();
  }

  #forget(login: Login): void {
    login.stop.abort();
    this.#logins.delete(login.id);
    this.#shares.leave(login);
  }
}
