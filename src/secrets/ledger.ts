import { parseSerial, type Serial } from '../host/serial.js';
import { jsonIn } from '../json.js';
import { secretDocuments, type Delivery, type SecretDocument } from './delivery.js';

/** Boots of one machine that are told apart, for one document. */
const MOST_BOOTS = 8;

/** Line of the journal: an operator had the machine configured once more. */
export interface Reopening {
  readonly serial: Serial;
  readonly reopened: number;
}

export type LedgerEntry = Delivery | Reopening;

/** The last time that a secret was handed out. */
export interface LastDelivery {
  readonly serial: Serial;
  readonly document: SecretDocument;
  readonly at: number;
}

/** What was handed to whom, in memory; who writes it down is `DeliveryJournal`. */
export class DeliveryLedger {
  /** By serial and document, oldest first. */
  readonly #deliveries = new Map<string, readonly Delivery[]>();
  readonly #reopened = new Map<Serial, number>();
  /** By the name of the secret. */
  readonly #last = new Map<string, Delivery>();

  take(entry: LedgerEntry): void {
    if ('reopened' in entry) {
      this.#reopened.set(entry.serial, entry.reopened);
      return;
    }
    const key = keyOf(entry.serial, entry.document);
    const others = (this.#deliveries.get(key) ?? []).filter(({ boot }) => boot !== entry.boot);
    this.#deliveries.set(key, [...others, entry].slice(-MOST_BOOTS));
    for (const name of entry.names) this.#last.set(name, entry);
  }

  /** Oldest first. */
  of(serial: Serial, document: SecretDocument): readonly Delivery[] {
    return this.#deliveries.get(keyOf(serial, document)) ?? [];
  }

  reopenedAt(serial: Serial): number | undefined {
    return this.#reopened.get(serial);
  }

  last(name: string): LastDelivery | undefined {
    return this.#last.get(name);
  }

  /**
   * Forgets what no decision hangs on any more: what is older than the window is refused by that, or it was before the machine was
   * configured anew.
   * @param since In milliseconds; what came before it goes.
   * @param isHost Whether there is such a machine.
   * @param isNamed Whether there is such a secret.
   */
  forget(since: number, isHost: (serial: Serial) => boolean, isNamed: (name: string) => boolean): void {
    for (const [key, deliveries] of this.#deliveries) {
      const kept = deliveries.filter(({ at, serial }) => at >= since && isHost(serial));
      if (kept.length === 0) this.#deliveries.delete(key);
      else this.#deliveries.set(key, kept);
    }
    for (const [serial, at] of this.#reopened)
      if (at < since || !isHost(serial)) this.#reopened.delete(serial);
    for (const name of this.#last.keys()) if (!isNamed(name)) this.#last.delete(name);
  }

  /** From which the same ledger is made again. */
  entries(): readonly LedgerEntry[] {
    const reopened = [...this.#reopened].map(([serial, at]): Reopening => ({ serial, reopened: at }));
    const deliveries = new Set([...this.#last.values(), ...[...this.#deliveries.values()].flat()]);
    return [...reopened, ...[...deliveries].sort((a, b) => a.at - b.at)];
  }
}

function keyOf(serial: Serial, document: SecretDocument): string {
  return `${document} ${serial}`;
}

export function formatEntry(entry: LedgerEntry): string {
  return JSON.stringify(entry);
}

/** Undefined for a line that a power cut tore, or that is none of imago's. */
export function parseEntry(line: string): LedgerEntry | undefined {
  const value = jsonIn(line);
  if (typeof value !== 'object' || value === null) return undefined;
  const { serial, reopened, document, boot, at, names, digest, recipient } = value as Partial<
    Record<keyof Delivery | 'reopened', unknown>
  >;
  const host = typeof serial === 'string' ? knownSerial(serial) : undefined;
  if (host === undefined) return undefined;
  if (typeof reopened === 'number') return { serial: host, reopened };
  const known = secretDocuments.find((one) => one === document);
  if (known === undefined || typeof boot !== 'string' || typeof at !== 'number') return undefined;
  if (typeof digest !== 'string' || typeof recipient !== 'string' || !isTexts(names)) return undefined;
  return { serial: host, document: known, boot, at, names, digest, recipient };
}

function knownSerial(text: string): Serial | undefined {
  try {
    return parseSerial(text);
  } catch {
    return undefined;
  }
}

function isTexts(value: unknown): value is readonly string[] {
  return Array.isArray(value) && value.every((each) => typeof each === 'string');
}
