import { z } from 'zod';
import { operatorRoles } from '../api/role.js';
import { PrivateFile, Untrusted } from '../files/private-file.js';
import { jsonIn } from '../json.js';
import { saved } from './saved.js';
import type { Session } from './session.js';

/** Its name in `paths.state`. */
export const SESSIONS_FILE = 'sessions.json';

const FORMAT = 1;

const Instant = z.iso.datetime();
const KeptSession = z.strictObject({
  id: z.string().regex(/^[0-9a-f]{12}$/),
  name: z.string().min(1).max(128),
  role: z.enum(operatorRoles),
  sha256: z.string().regex(/^[0-9a-f]{64}$/),
  opener: z.discriminatedUnion('kind', [
    z.strictObject({ kind: z.literal('token'), id: z.string() }),
    z.strictObject({ kind: z.literal('oidc'), issuer: z.string(), claim: z.string(), value: z.string() }),
  ]),
  created: Instant,
  expires: Instant,
});
const KeptSessions = z.strictObject({ format: z.literal(FORMAT), sessions: z.array(KeptSession) });

/** Logins in browsers on disk, their secrets as hashes. */
export class SessionsFile {
  readonly #file: PrivateFile;

  constructor(
    private readonly path: string,
    private readonly log: { warn(facts: object, message: string): void },
  ) {
    this.#file = new PrivateFile(path);
  }

  /** None where the file cannot be trusted: everybody logs in again. */
  async read(): Promise<readonly Session[]> {
    try {
      const text = await this.#file.read();
      if (text === undefined) return [];
      const { data } = KeptSessions.safeParse(jsonIn(text));
      if (data) return data.sessions;
      throw new Untrusted('it is damaged');
    } catch (error) {
      if (!(error instanceof Untrusted)) throw error;
      const { path } = this;
      this.log.warn({ path, reason: error.reason }, 'logins in browsers are over: their file cannot be used');
      return [];
    }
  }

  /** Durable when it resolves; later ones come after earlier ones. @throws StoreUnavailable */
  save(sessions: () => readonly Session[]): Promise<void> {
    const text = () => `${JSON.stringify({ format: FORMAT, sessions: sessions() }, null, 2)}\n`;
    return saved(this.path, this.#file.save(text));
  }
}
