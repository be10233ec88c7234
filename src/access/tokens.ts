import type { OperatorRole } from '../api/role.js';
import { InvalidValue } from '../errors.js';
import { OWN_NAME } from './authenticate.js';
import { Ends } from './ends.js';
import { TokensFull, UnknownToken } from './token-errors.js';
import {
  digestOf,
  isSecretOf,
  newSecret,
  newTokenId,
  overBy,
  tokenText,
  type OperatorToken,
  type ShownToken,
} from './operator-token.js';

/** Those that are over and still remembered included. */
const MOST_TOKENS = 1000;
const MINUTE_MS = 60_000;
/** What is on disk of when a token was last used is at most so much older. */
const KEEP_USE_MS = 3_600_000;
const SAVE_AFTER_MS = 10_000;

export interface TokenParts {
  readonly file: {
    read(): Promise<readonly OperatorToken[]>;
    save(tokens: () => readonly OperatorToken[]): Promise<void>;
  };
  /** Writes down what becomes of which token, before it does. */
  readonly audit: (deed: TokenDeed) => Promise<void>;
  readonly clock: () => Date;
  readonly log: { warn(facts: object, message: string): void };
}

/** What an admin does to a token. */
export interface TokenDeed {
  readonly what: 'created' | 'revoked';
  readonly by: string;
  readonly token: Pick<OperatorToken, 'id' | 'name' | 'role' | 'expires'>;
}

/** What is to be made. */
export interface WantedToken {
  readonly name: string;
  readonly role: OperatorRole;
  readonly expires?: Date | undefined;
}

/** What a shown token proves. */
export type TokenVerdict =
  | { readonly is: 'good'; readonly token: OperatorToken }
  /** Nobody's; or that somebody's who held it until then. */
  | { readonly is: 'wrong' }
  | { readonly is: 'expired' | 'revoked'; readonly token: OperatorToken };

/** The tokens of operators. */
export class Tokens {
  readonly #tokens = new Map<string, OperatorToken>();
  readonly #ends: Ends;
  /** By what the file says of when each was last used, in milliseconds. */
  readonly #keptUse = new Map<string, number>();
  #saving: NodeJS.Timeout | undefined;
  /** The file lacks what should stand in it. */
  #isBehind = false;

  private constructor(private readonly parts: TokenParts) {
    this.#ends = new Ends((id) => this.#tokens.get(id)?.expires, parts.clock);
  }

  /** @throws TokensUnusable */
  static async open(parts: TokenParts): Promise<Tokens> {
    const tokens = new Tokens(parts);
    for (const token of await parts.file.read()) {
      tokens.#tokens.set(token.id, token);
      tokens.#noteKept(token);
    }
    return tokens;
  }

  /** All that are not revoked, also those that have expired; oldest first. */
  list(): readonly OperatorToken[] {
    return [...this.#tokens.values()].filter(({ revoked }) => revoked === undefined);
  }

  /**
   * Durable when it resolves.
   * @returns it, and the text that proves it: nobody can be told that again
   * @throws TokensFull, InvalidValue, StoreUnavailable
   */
  async create(
    { name, role, expires }: WantedToken,
    by: string,
  ): Promise<{ readonly token: OperatorToken; readonly text: string }> {
    const { audit, clock } = this.parts;
    const now = clock();
    if (expires && expires <= now)
      throw new InvalidValue(
        'a time to come',
        expires.toISOString(),
        'say until when it is to hold',
        'expires',
      );
    if (name === OWN_NAME)
      throw new InvalidValue('a name of an operator', name, 'imago signs what it does itself by it', 'name');
    this.#makeRoom(now);
    const secret = newSecret();
    const token: OperatorToken = {
      id: this.#freeId(),
      name,
      role,
      sha256: digestOf(secret),
      created: now.toISOString(),
      createdBy: by,
      ...(expires && { expires: expires.toISOString() }),
    };
    // Taken up at once, so that two at the same time find no more room than there is; nobody knows its secret yet.
    this.#tokens.set(token.id, token);
    try {
      await audit({ what: 'created', by, token });
      await this.#save();
    } catch (error) {
      this.#tokens.delete(token.id);
      throw error;
    }
    return { token, text: tokenText({ id: token.id, secret }) };
  }

  /**
   * It holds no more from now on, also where that cannot be written down; that it stays so is durable when it resolves.
   * @throws UnknownToken, StoreUnavailable
   */
  async revoke(id: string, by: string): Promise<void> {
    const token = this.#tokens.get(id);
    if (!token || (token.revoked && !this.#isBehind)) throw new UnknownToken(id);
    const { audit, clock } = this.parts;
    const revoked = token.revoked ?? { time: clock().toISOString(), by };
    this.#tokens.set(id, { ...token, revoked });
    this.#ends.end(id);
    this.#isBehind = true;
    await audit({ what: 'revoked', by, token });
    await this.#save();
  }

  /** What a token proves that somebody shows; null is one that is none of imago's. */
  judge(shown: ShownToken | null): TokenVerdict {
    const token = shown ? this.#tokens.get(shown.id) : undefined;
    if (!isSecretOf(token, shown?.secret ?? '') || !token) return { is: 'wrong' };
    const now = this.parts.clock();
    const over = overBy(token, now);
    return over ? { is: over, token } : { is: 'good', token: this.#used(token, now) };
  }

  /** One that holds; undefined where it is over, or none has that id. */
  held(id: string): OperatorToken | undefined {
    const token = this.#tokens.get(id);
    return token && overBy(token, this.parts.clock()) === undefined ? token : undefined;
  }

  /** Aborts when the token is revoked or expires. */
  whenOver(id: string): AbortSignal {
    return this.#ends.signal(id);
  }

  /** Writes down what only memory knows. */
  async close(): Promise<void> {
    const isDue = this.#saving !== undefined;
    clearTimeout(this.#saving);
    this.#saving = undefined;
    if (isDue || this.#isBehind) await this.#trySave();
  }

  async #save(): Promise<void> {
    this.#isBehind = true;
    let written: readonly OperatorToken[] = [];
    await this.parts.file.save(() => (written = [...this.#tokens.values()]));
    this.#isBehind = false;
    for (const token of written) this.#noteKept(token);
  }

  async #trySave(): Promise<void> {
    try {
      await this.#save();
    } catch (error) {
      this.parts.log.warn({ err: error }, 'it cannot be written down when tokens were last used');
    }
  }

  #noteKept({ id, lastUsed }: OperatorToken): void {
    this.#keptUse.set(id, lastUsed === undefined ? 0 : Date.parse(lastUsed));
  }

  /** No disk is written to for it at each call. */
  #used(token: OperatorToken, now: Date): OperatorToken {
    const minute = now.getTime() - (now.getTime() % MINUTE_MS);
    if (token.lastUsed !== undefined && Date.parse(token.lastUsed) >= minute) return token;
    const used = { ...token, lastUsed: new Date(Math.max(minute, Date.parse(token.created))).toISOString() };
    this.#tokens.set(token.id, used);
    if (minute - (this.#keptUse.get(token.id) ?? 0) >= KEEP_USE_MS) {
      // Where that fails it is tried again in an hour, and with the next change.
      this.#keptUse.set(token.id, minute);
      this.#saving ??= setTimeout(() => {
        this.#saving = undefined;
        void this.#trySave();
      }, SAVE_AFTER_MS).unref();
    }
    return used;
  }

  /** Of those that are over the oldest goes. @throws TokensFull */
  #makeRoom(now: Date): void {
    if (this.#tokens.size < MOST_TOKENS) return;
    const oldest = [...this.#tokens.values()].find((token) => overBy(token, now) !== undefined);
    if (!oldest) throw new TokensFull(MOST_TOKENS);
    this.#ends.end(oldest.id);
    this.#tokens.delete(oldest.id);
    this.#keptUse.delete(oldest.id);
  }

  #freeId(): string {
    for (let id = newTokenId(); ; id = newTokenId()) if (!this.#tokens.has(id)) return id;
  }
}
