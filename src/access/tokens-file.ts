import { z } from 'zod';
import { operatorRoles } from '../api/role.js';
import { PrivateFile, Untrusted } from '../files/private-file.js';
import { jsonIn } from '../json.js';
import type { OperatorToken } from './operator-token.js';
import { saved } from './saved.js';
import { TokensUnusable } from './token-errors.js';

/** Its name in `paths.state`. */
export const TOKENS_FILE = 'tokens.json';

const FORMAT = 1;

const Instant = z.iso.datetime();
const KeptToken = z.strictObject({
  id: z.string().regex(/^[0-9a-f]{12}$/),
  name: z.string().min(1).max(128),
  role: z.enum(operatorRoles),
  sha256: z.string().regex(/^[0-9a-f]{64}$/),
  created: Instant,
  createdBy: z.string(),
  expires: Instant.optional(),
  lastUsed: Instant.optional(),
  revoked: z.strictObject({ time: Instant, by: z.string() }).optional(),
});
const KeptTokens = z.strictObject({ format: z.literal(FORMAT), tokens: z.array(KeptToken) });

/** The tokens on disk, their secrets as hashes. */
export class TokensFile {
  readonly #file: PrivateFile;

  constructor(private readonly path: string) {
    this.#file = new PrivateFile(path);
  }

  /** None where there is no file. @throws TokensUnusable */
  async read(): Promise<readonly OperatorToken[]> {
    const text = await this.#text();
    if (text === undefined) return [];
    const { data, error } = KeptTokens.safeParse(jsonIn(text));
    if (!data) {
      const { path = [], message = '' } = error?.issues[0] ?? {};
      const place = path.map(String).join('.');
      this.#refuse(
        `it is damaged (${place === '' ? 'it is no JSON of imago’s' : `${place}: ${message}`})`,
        ANEW,
      );
    }
    const ids = new Set(data.tokens.map(({ id }) => id));
    if (ids.size < data.tokens.length) this.#refuse('it is damaged (two tokens have one id)', ANEW);
    return data.tokens;
  }

  /** Durable when it resolves; later ones come after earlier ones. @throws StoreUnavailable */
  save(tokens: () => readonly OperatorToken[]): Promise<void> {
    const text = () => `${JSON.stringify({ format: FORMAT, tokens: tokens() }, null, 2)}\n`;
    return saved(this.path, this.#file.save(text));
  }

  async #text(): Promise<string | undefined> {
    try {
      return await this.#file.read();
    } catch (error) {
      if (error instanceof Untrusted) this.#refuse(error.reason, error.remedy ?? ANEW);
      throw error;
    }
  }

  #refuse(reason: string, remedy: string): never {
    throw new TokensUnusable(this.path, reason, remedy);
  }
}

const ANEW =
  'bring it back from before, or move it away: then all tokens are to be made anew, at the Unix socket';
