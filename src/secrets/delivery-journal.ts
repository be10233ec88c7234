import { fileReason } from '../errors.js';
import { DurableJournal } from '../files/durable-journal.js';
import type { Serial } from '../host/serial.js';
import { SecretsNotRecorded } from './errors.js';
import { DeliveryLedger, formatEntry, parseEntry, type LedgerEntry } from './ledger.js';

const OWN_MODE = 0o600;
/** Lines beside those that count before the file is written anew. */
const MOST_SPARE_LINES = 4096;

export interface ForgetRules {
  readonly since: () => number;
  readonly isHost: (serial: Serial) => boolean;
  readonly isNamed: (name: string) => boolean;
}

/** The ledger, on disk before anything is handed out by it. */
export class DeliveryJournal {
  #lines: number;

  private constructor(
    readonly ledger: DeliveryLedger,
    private readonly path: string,
    private readonly journal: DurableJournal,
    private readonly rules: ForgetRules,
    lines: number,
  ) {
    this.#lines = lines;
  }

  static async open(path: string, rules: ForgetRules): Promise<DeliveryJournal> {
    const { journal, lines } = await DurableJournal.open(path, OWN_MODE);
    const ledger = new DeliveryLedger();
    for (const line of lines) {
      const entry = parseEntry(line);
      if (entry) ledger.take(entry);
    }
    return new DeliveryJournal(ledger, path, journal, rules, lines.length);
  }

  /** Durable on return. @throws SecretsNotRecorded */
  async record(entry: LedgerEntry): Promise<void> {
    try {
      await this.journal.append(formatEntry(entry));
    } catch (error) {
      throw new SecretsNotRecorded(this.path, fileReason(error), { cause: error });
    }
    this.ledger.take(entry);
    this.#lines += 1;
    await this.#compact();
  }

  close(): Promise<void> {
    return this.journal.close();
  }

  /** A file that cannot be written anew grows on: what was handed out stands in it all the same. */
  async #compact(): Promise<void> {
    if (this.#lines < MOST_SPARE_LINES) return;
    const { since, isHost, isNamed } = this.rules;
    this.ledger.forget(since(), isHost, isNamed);
    const entries = this.ledger.entries();
    if (this.#lines < entries.length + MOST_SPARE_LINES) return;
    this.#lines = entries.length;
    await this.journal.rewrite(entries.map(formatEntry)).catch(() => undefined);
  }
}
