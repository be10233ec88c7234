import { cleanText, shorten } from '../errors.js';

/** Why somebody was refused: a label in the metrics, so never of the asker's choosing. */
export const refusalReasons = [
  'nothing-shown',
  'wrong-token',
  'expired-token',
  'revoked-token',
  'wrong-certificate',
  'wrong-session',
  'wrong-login',
  'role',
  'foreign-page',
  'host-name',
  'media-type',
  'machine-proof',
] as const;
export type RefusalReason = (typeof refusalReasons)[number];

/** Somebody who was refused. */
export interface Refusal {
  readonly reason: RefusalReason;
  /** Where he asked from. */
  readonly address: string;
  /** Who it was, where that is proven, or the token that is over was his; what anybody can claim is left out. */
  readonly who?: string | undefined;
  readonly method: string;
  /** What there is to say beside that. */
  readonly what?: string | undefined;
  /** As it was asked for. */
  readonly path: string;
  /** The same as the table of endpoints has it: refusals of one are joined. */
  readonly route: string;
}

/** One line of the audit: what was refused, as often as it was within a while; or what an admin did to a token. */
export interface AuditEntry {
  readonly time: string;
  /** The latest, where it was more than one. */
  until?: string;
  count: number;
  readonly reason: RefusalReason | 'token-created' | 'token-revoked';
  readonly address?: string;
  readonly who?: string;
  readonly method?: string;
  readonly path?: string;
  /** What there is beside that, for people. */
  readonly what?: string;
}

/** Equal ones within so long are one entry. */
const JOINED_MS = 600_000;
const MOST_OPEN = 2000;
/** Of one address: it shall not fill the audit. */
const MOST_OPEN_OF_ADDRESS = 32;
const LONGEST_PATH = 200;

interface Open {
  readonly entry: AuditEntry;
  readonly address: string;
  readonly closes: number;
  /** How many of it are written. */
  written: number;
}

/** Joins refusals that are alike. What there is too much of is joined by less: by its reason and address, then by its reason. */
export class JoinedRefusals {
  readonly #open = new Map<string, Open>();
  readonly #ofAddress = new Map<string, number>();
  /** Over, and not taken yet. */
  readonly #late: AuditEntry[] = [];

  get size(): number {
    return this.#open.size;
  }

  /** @returns a new entry; undefined where it has joined one */
  note(refusal: Refusal, now: Date): AuditEntry | undefined {
    const { key, shown } = this.#keyOf(refusal);
    const known = this.#open.get(key);
    if (known && now.getTime() < known.closes) {
      known.entry.count += 1;
      known.entry.until = now.toISOString();
      return undefined;
    }
    if (known) {
      if (known.entry.count > known.written) this.#late.push(known.entry);
      this.#close(key, known);
    }
    const entry: AuditEntry = { time: now.toISOString(), count: 1, reason: refusal.reason, ...shown };
    const address = shown.address ?? '';
    this.#open.set(key, { entry, address, closes: now.getTime() + JOINED_MS, written: 0 });
    this.#ofAddress.set(address, (this.#ofAddress.get(address) ?? 0) + 1);
    return entry;
  }

  /** What is to be written now: each at once, and again with its count when its while is over. */
  take(now: Date, isLast = false): readonly AuditEntry[] {
    const due = this.#late.splice(0);
    for (const [key, open] of this.#open) {
      const isOver = isLast || now.getTime() >= open.closes;
      const { entry, written } = open;
      if (written === 0 || (isOver && entry.count > written)) {
        due.push({ ...entry });
        open.written = entry.count;
      }
      if (isOver) this.#close(key, open);
    }
    return due;
  }

  #keyOf({ reason, address, who, method, what, path, route }: Refusal) {
    const whole = [reason, address, who ?? '', method, route, what ?? ''].join(' ');
    if (this.#open.has(whole) || !this.#isFull(address)) {
      const shown = {
        address,
        ...(who !== undefined && { who }),
        method: plain(method),
        path: plain(path),
        ...(what !== undefined && { what }),
      };
      return { key: whole, shown };
    }
    const ofAddress = `${reason} ${address}`;
    if (this.#open.has(ofAddress) || this.#open.size < MOST_OPEN)
      return { key: ofAddress, shown: { address, what: 'of several calls' } };
    return { key: reason, shown: { what: 'of several addresses' } };
  }

  #isFull(address: string): boolean {
    return this.#open.size >= MOST_OPEN || (this.#ofAddress.get(address) ?? 0) >= MOST_OPEN_OF_ADDRESS;
  }

  #close(key: string, { address }: Open): void {
    this.#open.delete(key);
    const left = (this.#ofAddress.get(address) ?? 1) - 1;
    if (left === 0) this.#ofAddress.delete(address);
    else this.#ofAddress.set(address, left);
  }
}

/** Without its query, and without the token of a machine in it: neither is for others to read. */
function plain(path: string): string {
  const asked = path.split('?', 1)[0] ?? '';
  return shorten(cleanText(asked.replace(/^\/m\/[^/]*/, '/m/…')), LONGEST_PATH);
}
