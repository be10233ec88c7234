import { constants } from 'node:fs';
import { open, stat, type FileHandle } from 'node:fs/promises';
import { dirname } from 'node:path';
import { z } from 'zod';
import { operatorRoles } from '../api/role.js';
import { fileReason, errorCode } from '../errors.js';
import { replaceFile } from '../files/durable-file.js';
import { ifPresent } from '../files/if-present.js';
import { readAtMost } from '../files/read-plain.js';
import { StoreUnavailable } from '../host/errors.js';
import { jsonIn } from '../json.js';
import { TokensUnusable } from './token-errors.js';
import type { OperatorToken } from './operator-token.js';

/** Its name in `paths.state`. */
export const TOKENS_FILE = 'tokens.json';

const FORMAT = 1;
/** Only imago's user reads it, and writes to it: who writes to it makes himself an admin. */
const MODE = 0o600;
const OF_OTHERS = 0o077;
/** Far more than all tokens take. */
const MOST_BYTES = 4 << 20;

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
  #saving: Promise<void> = Promise.resolve();

  constructor(private readonly path: string) {}

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
  async save(tokens: () => readonly OperatorToken[]): Promise<void> {
    const before = this.#saving;
    const save = async (): Promise<void> => {
      await before.catch(() => undefined);
      await replaceFile(
        this.path,
        `${JSON.stringify({ format: FORMAT, tokens: tokens() }, null, 2)}\n`,
        MODE,
      );
    };
    this.#saving = save();
    try {
      await this.#saving;
    } catch (error) {
      const isFull = ['ENOSPC', 'EDQUOT'].includes(errorCode(error) ?? '');
      throw new StoreUnavailable(`${this.path}: ${fileReason(error)}`, isFull ? 'full' : 'unavailable', {
        cause: error,
      });
    }
  }

  async #text(): Promise<string | undefined> {
    let file: FileHandle | undefined;
    try {
      // Without O_NONBLOCK opening a named pipe would wait for its writer.
      const flags = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK;
      file = await ifPresent(open(this.path, flags));
      if (!file) return undefined;
      const stats = await file.stat();
      if (!stats.isFile()) this.#refuse('it is no file', ANEW);
      // Whose the folder is can put any file there.
      const owners = [0, process.geteuid?.(), (await stat(dirname(this.path))).uid];
      if (!owners.includes(stats.uid))
        this.#refuse(
          `it belongs to another user (${stats.uid})`,
          `see that its tokens are yours, then chown it`,
        );
      if ((stats.mode & OF_OTHERS) !== 0) {
        const mode = (stats.mode & 0o777).toString(8).padStart(4, '0');
        this.#refuse(
          `others than imago's user can read or write it (mode ${mode})`,
          `chmod 600 ${this.path}, and revoke the tokens that you do not know`,
        );
      }
      if (stats.size > MOST_BYTES)
        this.#refuse(`it has ${stats.size} bytes, which no file of tokens has`, ANEW);
      return (await readAtMost(file, stats.size, MOST_BYTES)).toString('utf8');
    } catch (error) {
      if (error instanceof TokensUnusable) throw error;
      return this.#refuse(fileReason(error, { ELOOP: 'it is a link' }), 'put that right');
    } finally {
      await file?.close();
    }
  }

  #refuse(reason: string, remedy: string): never {
    throw new TokensUnusable(this.path, reason, remedy);
  }
}

const ANEW =
  'bring it back from before, or move it away: then all tokens are to be made anew, at the Unix socket';
