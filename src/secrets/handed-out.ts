import { REPEAT_MS } from './delivery.js';

interface Kept {
  readonly body: string | Buffer;
  readonly at: number;
  readonly timer: NodeJS.Timeout;
}

/** Bytes. Beyond it the oldest answer goes, and is made anew if it is asked for again. */
const MOST_BYTES = 32 * 1024 * 1024;

/** Answers with secrets, for the minute in which they may be lost on their way. */
export class HandedOut {
  /** Oldest first. */
  readonly #kept = new Map<string, Kept>();
  #bytes = 0;

  /** @returns whether others had to go for it before their time */
  put(key: string, body: string | Buffer, now: number): boolean {
    this.#drop(key);
    this.forgetBefore(now - REPEAT_MS);
    // Values leave the memory also where nobody asks for anything any more.
    const timer = setTimeout(() => this.#drop(key), REPEAT_MS).unref();
    this.#kept.set(key, { body, at: now, timer });
    this.#bytes += body.length;
    const isFull = this.#bytes > MOST_BYTES;
    for (const other of this.#kept.keys()) {
      if (this.#bytes <= MOST_BYTES) break;
      this.#drop(other);
    }
    return isFull;
  }

  get(key: string): string | Buffer | undefined {
    return this.#kept.get(key)?.body;
  }

  forgetBefore(time: number): void {
    for (const [key, { at }] of this.#kept) if (at < time) this.#drop(key);
  }

  #drop(key: string): void {
    const kept = this.#kept.get(key);
    if (!kept) return;
    clearTimeout(kept.timer);
    this.#kept.delete(key);
    this.#bytes -= kept.body.length;
  }
}
