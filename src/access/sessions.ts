import type { OperatorRole } from '../api/role.js';
import type { OidcConfig } from '../config/operators-section.js';
import type { ReachLimit } from '../limits.js';
import { Ends } from './ends.js';
import { digestOf, isSecretOf } from './operator-token.js';
import { newSession, type Opener, type Session, type ShownSession } from './session.js';
import type { Tokens } from './tokens.js';

const MOST_SESSIONS = 1000;
const MOST_OF_NAME = 16;
const HOUR_MS = 3_600_000;

export interface SessionParts {
  readonly file: {
    read(): Promise<readonly Session[]>;
    save(sessions: () => readonly Session[]): Promise<void>;
  };
  readonly tokens: Pick<Tokens, 'held' | 'whenOver'>;
  /** As they stand now. */
  readonly config: () => {
    readonly sessionHours: number;
    readonly oidc?: Pick<OidcConfig, 'issuer' | 'roles'> | undefined;
  };
  readonly clock: () => Date;
  readonly reach: ReachLimit;
}

/** Who opens a session. */
export interface SessionOpener {
  readonly name: string;
  readonly role: OperatorRole;
  readonly opener: Opener;
}

/** Logins in browsers. Each ends by itself, with what opened it, or when it is ended. */
export class Sessions {
  /** Oldest first. */
  readonly #sessions = new Map<string, Session>();
  readonly #ends: Ends;

  private constructor(private readonly parts: SessionParts) {
    this.#ends = new Ends((id) => this.#sessions.get(id)?.expires, parts.clock);
  }

  static async open(parts: SessionParts): Promise<Sessions> {
    const sessions = new Sessions(parts);
    for (const session of await parts.file.read()) sessions.#sessions.set(session.id, session);
    return sessions;
  }

  /** Remembered ones, for tests. */
  get size(): number {
    return this.#sessions.size;
  }

  /**
   * Durable when it resolves.
   * @returns it, and what proves it
   * @throws StoreUnavailable
   */
  async create(by: SessionOpener): Promise<{ readonly session: Session; readonly shown: ShownSession }> {
    const now = this.parts.clock();
    this.#makeRoom(by.name, now);
    const shown = newSession();
    const session: Session = {
      id: shown.id,
      name: by.name,
      role: by.role,
      sha256: digestOf(shown.secret),
      opener: by.opener,
      created: now.toISOString(),
      expires: this.#expiryOf(by.opener, now),
    };
    this.#sessions.set(session.id, session);
    try {
      await this.#save();
    } catch (error) {
      this.#sessions.delete(session.id);
      throw error;
    }
    return { session, shown };
  }

  /** The session that is shown; undefined where it is none, or over. Null is one that is none of imago's. */
  judge(shown: ShownSession | null): Session | undefined {
    const session = shown ? this.#sessions.get(shown.id) : undefined;
    if (!isSecretOf(session, shown?.secret ?? '') || !session) return undefined;
    if (this.#holds(session, this.parts.clock())) return session;
    this.#drop(session.id);
    return undefined;
  }

  /** It holds no more from now on; that it stays so is durable when it resolves. @throws StoreUnavailable */
  async end(id: string): Promise<void> {
    this.#drop(id);
    await this.#save();
  }

  /** Aborts when the session is over, also where the token is that opened it. */
  whenOver(id: string): AbortSignal {
    const { opener } = this.#sessions.get(id) ?? {};
    const own = this.#ends.signal(id);
    return opener?.kind === 'token' ? AbortSignal.any([own, this.parts.tokens.whenOver(opener.id)]) : own;
  }

  /** Ends those whose rule the configuration has no more; what they watch ends with them. */
  follow(): void {
    const now = this.parts.clock();
    for (const session of this.#sessions.values()) if (!this.#holds(session, now)) this.#drop(session.id);
  }

  #holds({ opener, role, expires }: Session, now: Date): boolean {
    if (Date.parse(expires) <= now.getTime()) return false;
    if (opener.kind === 'token') return this.parts.tokens.held(opener.id) !== undefined;
    const { oidc } = this.parts.config();
    if (oidc?.issuer !== opener.issuer) return false;
    return oidc.roles.some(
      (rule) => rule.claim === opener.claim && rule.value === opener.value && rule.role === role,
    );
  }

  #expiryOf(opener: Opener, now: Date): string {
    const own = new Date(now.getTime() + this.parts.config().sessionHours * HOUR_MS).toISOString();
    const of = opener.kind === 'token' ? this.parts.tokens.held(opener.id)?.expires : undefined;
    return of !== undefined && Date.parse(of) < Date.parse(own) ? of : own;
  }

  /** Those that are over go, then the oldest. */
  #makeRoom(name: string, now: Date): void {
    const ofName = () => [...this.#sessions.values()].filter((session) => session.name === name);
    if (this.#sessions.size < MOST_SESSIONS && ofName().length < MOST_OF_NAME) return;
    for (const session of this.#sessions.values()) if (!this.#holds(session, now)) this.#drop(session.id);
    const [oldestOfName] = ofName();
    if (oldestOfName && ofName().length >= MOST_OF_NAME) {
      this.parts.reach('sessions-per-name', { name });
      this.#drop(oldestOfName.id);
    }
    const [oldest] = this.#sessions.keys();
    if (oldest === undefined || this.#sessions.size < MOST_SESSIONS) return;
    this.parts.reach('sessions', { name });
    this.#drop(oldest);
  }

  #drop(id: string): void {
    this.#sessions.delete(id);
    this.#ends.end(id);
  }

  #save(): Promise<void> {
    return this.parts.file.save(() => [...this.#sessions.values()]);
  }
}
