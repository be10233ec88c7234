import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { z } from 'zod';
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

/** One small file that lags a little behind: what it says is never ahead of what was delivered. */
export class Outbox {
  #next: OutboxState | undefined;
  #timer: NodeJS.Timeout | undefined;
  #writing: Promise<void> | undefined;

  /** @param onFault Told when the file cannot be written: what was delivered is then told again after a restart. */
  constructor(
    private readonly file: string,
    private readonly onFault: (error: Error) => void,
  ) {}

  /** Undefined when there is none, or it is damaged. */
  async load(): Promise<OutboxState | undefined> {
    try {
      return outboxState.safeParse(JSON.parse(await readFile(this.file, 'utf8'))).data;
    } catch (error) {
      const isAbsent = error instanceof Error && 'code' in error && error.code === 'ENOENT';
      if (isAbsent || error instanceof SyntaxError || error instanceof RangeError) return undefined;
      throw error;
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
        await writeFile(`${this.file}.new`, JSON.stringify(state), { mode: 0o600, flush: true });
        await rename(`${this.file}.new`, this.file);
      } catch (error) {
        this.onFault(error instanceof Error ? error : new Error(String(error)));
      }
    }
    this.#writing = undefined;
  }
}
