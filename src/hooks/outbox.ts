import { mkdir, readFile, rename, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { z } from 'zod';
import { isMissing } from '../errors.js';
import { replaceFile } from '../files/durable-file.js';
import { jsonIn } from '../json.js';
import { hookOccasions } from '../config/events-section.js';
import type { HookEvent } from './hook-event.js';

const hookEvent = z.object({
  id: z.string(),
  time: z.string(),
  occasion: z.enum(hookOccasions),
  serial: z.string(),
  what: z.string(),
});
const outboxState = z.object({
  /** The last change that is dealt with, by its id; left out before the first. */
  after: z.string().optional(),
  /** What waits and stands in no log. */
  news: z.array(hookEvent),
});

/** What a receiver must still be told, as it outlives the daemon: changes are in the store's log after `after`; `news` are nowhere else. */
export interface OutboxState {
  readonly after?: string | undefined;
  readonly news: readonly HookEvent[];
}

/** The disk is left to the store: of the states of so long only the last is written. */
const WRITE_AFTER_MS = 200;

/** Bytes: far more than so many news as may wait have. A larger file is none of imago's, and is not read. */
const MOST_BYTES = 16 * 1024 * 1024;

/** What goes wrong with the file of an outbox. */
export interface OutboxFaults {
  /** What was delivered is then told again after a restart. */
  readonly cannotWrite: (error: Error) => void;
  /** @param aside where the file lies from now on; undefined where it could not be put there. */
  readonly damaged: (reason: string, aside: string | undefined) => void;
}

/** One small file that lags a little behind: what it says is never ahead of what was delivered. */
export class Outbox {
  #next: OutboxState | undefined;
  #timer: NodeJS.Timeout | undefined;
  #writing: Promise<void> | undefined;

  constructor(
    private readonly file: string,
    private readonly faults: OutboxFaults,
    private readonly mostBytes = MOST_BYTES,
  ) {}

  /** Undefined when there is none, or it is damaged: then it is put aside. */
  async load(): Promise<OutboxState | undefined> {
    try {
      const { size } = await stat(this.file);
      if (size > this.mostBytes)
        throw new DamagedOutbox(`it has ${size} bytes, and ${this.mostBytes} at most are imago's`);
      return parseState(await readFile(this.file, 'utf8'));
    } catch (error) {
      if (isMissing(error)) return undefined;
      if (!(error instanceof DamagedOutbox)) throw error;
      this.faults.damaged(error.message, await this.#putAside());
      return undefined;
    }
  }

  save(state: OutboxState): void {
    this.#next = state;
    this.#timer ??= setTimeout(() => this.#write(), WRITE_AFTER_MS).unref();
  }

  /** Resolves when the file says what was saved last. */
  async settled(): Promise<void> {
    while (this.#next || this.#writing) {
      this.#write();
      await this.#writing;
    }
  }

  async #putAside(): Promise<string | undefined> {
    const aside = asideOf(this.file);
    try {
      await rename(this.file, aside);
      return aside;
    } catch (error) {
      this.faults.cannotWrite(asError(error));
      return undefined;
    }
  }

  #write(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#writing ??= this.#writeAll();
  }

  /** Never rejects. */
  async #writeAll(): Promise<void> {
    for (let state = this.#next; state !== undefined; state = this.#next) {
      this.#next = undefined;
      try {
        await mkdir(dirname(this.file), { recursive: true });
        await replaceFile(this.file, JSON.stringify(state), 0o600);
      } catch (error) {
        this.faults.cannotWrite(asError(error));
      }
    }
    this.#writing = undefined;
  }
}

/** Where a file that cannot be read is put; one that was there goes. */
export function asideOf(file: string): string {
  return `${file}.damaged`;
}

function asError(error: unknown): Error {
  return error instanceof Error ? error : new Error(String(error));
}

class DamagedOutbox extends Error {}

/** @throws DamagedOutbox */
function parseState(text: string): OutboxState {
  const value = jsonIn(text);
  if (value === undefined) throw new DamagedOutbox('it is no JSON');
  const { data } = outboxState.safeParse(value);
  if (!data) throw new DamagedOutbox('it does not say what was told');
  return data;
}
