import { write, writeSync } from 'node:fs';
import { errorCode, escapeText } from './errors.js';

/** How long a line may wait for others to be written with. */
const LONGEST_WAIT_MS = 10;
/** In characters: so much does not wait. */
const ENOUGH = 32_768;
/** In characters: what more comes while nobody reads is lost, so that it costs neither the memory nor the machines. */
const MOST = 16 * 1024 * 1024;
/** After a reader took nothing; at the end of the process so many times, one after the other. */
const RETRY_MS = 20;
const LAST_TRIES = 50;

/**
 * Lines to a file descriptor. Not line by line: each write costs more than the line, and in a storm a slow reader would hold up the
 * machines. What is left is written when the process ends, also of an error that nobody catches. An output that takes no more,
 * because its reader is gone or its disk is full, neither ends the process nor keeps it from ending: the lines are lost.
 */
export class LoggingOutput {
  /** Of what was begun, what the reader did not take. */
  #left: Buffer = Buffer.alloc(0);
  #waiting = '';
  #isWriting = false;
  #timer: NodeJS.Timeout | undefined;

  constructor(private readonly file: number) {
    process.once('exit', () => {
      this.flushSync();
    });
  }

  /** Of JSON. */
  write(json: string): void {
    if (this.#waiting.length + json.length > MOST) return;
    this.#waiting += json;
    if (this.#waiting.length >= ENOUGH) this.#flush();
    else this.#timer ??= setTimeout(() => this.#flush(), LONGEST_WAIT_MS).unref();
  }

  /** For the end of the process. */
  flushSync(): void {
    // What is under way cannot be waited for, but it came first.
    if (this.#isWriting) sleep(LONGEST_WAIT_MS);
    let rest = this.#take();
    for (let tries = 0; rest.length > 0 && tries < LAST_TRIES;) {
      try {
        rest = rest.subarray(writeSync(this.file, rest));
        tries = 0;
      } catch (error) {
        if (errorCode(error) !== 'EAGAIN') return;
        tries += 1;
        sleep(RETRY_MS);
      }
    }
  }

  /** Escaped: what a client says must not steer the terminal of who reads the log. */
  #take(): Buffer {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    const taken = Buffer.concat([this.#left, Buffer.from(escapeText(this.#waiting), 'utf8')]);
    this.#left = Buffer.alloc(0);
    this.#waiting = '';
    return taken;
  }

  #flush(): void {
    if (this.#isWriting) return;
    const bytes = this.#take();
    if (bytes.length === 0) return;
    this.#isWriting = true;
    write(this.file, bytes, 0, bytes.length, null, (error, written) => {
      this.#isWriting = false;
      if (error?.code === 'EAGAIN') {
        this.#left = bytes;
        this.#timer = setTimeout(() => this.#flush(), RETRY_MS).unref();
        return;
      }
      if (!error) this.#left = bytes.subarray(written);
      this.#flush();
    });
  }
}

/** Without the event loop, which is not there any more. */
function sleep(milliseconds: number): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, milliseconds);
}
