import { JoinedRefusals, type AuditEntry, type Refusal, type RefusalReason } from './refusals.js';
import type { TokenDeed } from './tokens.js';

const WRITE_AFTER_MS = 1000;
/** In memory, for those who ask; the file has more. */
const REMEMBERED = 1000;
/** Of what admins did, these are told also when refusals have filled the files. */
const CARRIED = 500;

export interface AuditParts {
  readonly file: {
    read(): Promise<readonly AuditEntry[]>;
    append(entries: readonly AuditEntry[], isDurable: boolean, carried: readonly AuditEntry[]): Promise<void>;
  };
  readonly clock: () => Date;
  /** Counts each. */
  readonly count: (reason: RefusalReason) => void;
  readonly log: { warn(facts: object, message: string): void };
}

/** Who was refused, and what admins did to tokens. */
export class Audit {
  readonly #joined = new JoinedRefusals();
  /** Oldest first. */
  readonly #entries: AuditEntry[] = [];
  readonly #deeds: AuditEntry[] = [];
  #timer: NodeJS.Timeout | undefined;
  #isFailing = false;

  private constructor(private readonly parts: AuditParts) {}

  static async open(parts: AuditParts): Promise<Audit> {
    const audit = new Audit(parts);
    const entries = new Map<string, AuditEntry>();
    // What is joined stands there twice: as it began, and with its count.
    for (const entry of await audit.#readAll())
      entries.set(JSON.stringify({ ...entry, until: 0, count: 0 }), entry);
    for (const entry of entries.values()) audit.#remember(entry);
    return audit;
  }

  /** What cannot be read keeps nobody from commanding: it is told of, and the audit goes on from here. */
  async #readAll(): Promise<readonly AuditEntry[]> {
    try {
      return await this.parts.file.read();
    } catch (error) {
      this.parts.log.warn({ err: error }, 'what was refused before cannot be read');
      return [];
    }
  }

  /** Counted at once; written within a second, equal ones as one. */
  note(refusal: Refusal): void {
    this.parts.count(refusal.reason);
    const entry = this.#joined.note(refusal, this.parts.clock());
    if (entry) this.#remember(entry);
    this.#timer ??= setTimeout(() => void this.#write(), WRITE_AFTER_MS).unref();
  }

  /** What an admin does to a token; durable when it resolves. */
  async keep({ what, by, token }: TokenDeed): Promise<void> {
    const { id, name, role, expires } = token;
    const until = expires === undefined ? '' : `, until ${expires}`;
    const entry: AuditEntry = {
      time: this.parts.clock().toISOString(),
      count: 1,
      reason: `token-${what}`,
      who: by,
      what: `token ${id} of ${name} (${role}${until})`,
    };
    await this.parts.file.append([entry], true, this.#deeds);
    this.#remember(entry);
  }

  /** The latest, newest first. */
  list(most: number): readonly AuditEntry[] {
    return this.#entries.slice(-most).reverse();
  }

  async close(): Promise<void> {
    clearTimeout(this.#timer);
    await this.#write(true);
  }

  /** What cannot be written is told of and stays in memory. */
  async #write(isLast = false): Promise<void> {
    this.#timer = undefined;
    const due = this.#joined.take(this.parts.clock(), isLast);
    if (this.#joined.size > 0 && !isLast)
      this.#timer = setTimeout(() => void this.#write(), WRITE_AFTER_MS).unref();
    if (due.length === 0) return;
    try {
      await this.parts.file.append(due, false, this.#deeds);
      this.#isFailing = false;
    } catch (error) {
      if (!this.#isFailing)
        this.parts.log.warn({ err: error }, 'what was refused cannot be written down now');
      this.#isFailing = true;
    }
  }

  #remember(entry: AuditEntry): void {
    this.#entries.push(entry);
    if (this.#entries.length > REMEMBERED) this.#entries.shift();
    if (!entry.reason.startsWith('token-')) return;
    this.#deeds.push(entry);
    if (this.#deeds.length > CARRIED) this.#deeds.shift();
  }
}
