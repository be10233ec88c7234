import { open, type FileHandle } from 'node:fs/promises';
import { Readable } from 'node:stream';
import {
  Interrupted,
  interruption,
  statusFault,
  type FetchAnswer,
  type FetchClient,
} from './fetch-client.js';
import { everyBytes, LOOK_AGAIN_BYTES } from './disk-room.js';
import { FetchFailed } from './errors.js';
import { parseContentRange, validatorOf } from './fetch-parts.js';
import { writeFully } from '../files/durable-file.js';
import type { MirroredFile, MirroredPart, MirroredVersion } from './mirrored-file.js';

export interface FlightParts {
  readonly client: FetchClient;
  /** Who named its URL, see `FetchClient.open`. */
  readonly named?: string | undefined;
  /** Rejects when so many bytes more may not come. */
  readonly admit: (bytes: number) => Promise<void>;
  readonly version: MirroredVersion;
  /** For so long it goes on when nobody reads it. */
  readonly lonelyMs: number;
}

/** One file on its way from its origin to the disk, and any number of readers on its heels. */
export class MirrorFlight {
  #written = 0;
  #isWhole = false;
  #fault: Error | undefined;
  /** The mirror itself counts as one until the file stands where later readers find it. */
  #readers = 1;
  #wake: (() => void)[] = [];
  readonly #aborted = new AbortController();
  #lonely: NodeJS.Timeout | undefined;

  private constructor(
    private readonly url: string,
    private readonly file: FileHandle,
    private readonly first: FetchAnswer,
    private readonly parts: FlightParts,
    /** Undefined when the origin does not tell it. */
    readonly size: number | undefined,
  ) {}

  /** Ready to `fly`; its readers wait meanwhile. */
  static async begin(
    url: string,
    path: string,
    answer: FetchAnswer,
    parts: FlightParts,
  ): Promise<MirrorFlight> {
    const length = answer.headers['content-length'];
    const size = typeof length === 'string' ? Number(length) : undefined;
    try {
      await parts.admit(size ?? 0);
    } catch (error) {
      answer.body.destroy();
      throw error;
    }
    return new MirrorFlight(url, await open(path, 'w+', 0o644), answer, parts, size);
  }

  /** Bytes that have come. */
  get written(): number {
    return this.#written;
  }

  reader(): MirroredFile {
    this.#readers += 1;
    clearTimeout(this.#lonely);
    let isOpen = true;
    const close = async (): Promise<void> => {
      if (!isOpen) return;
      isOpen = false;
      await this.release();
    };
    return {
      ...this.parts.version,
      size: this.#isWhole ? this.#written : this.size,
      read: (part) => this.#read(part, close),
      close,
    };
  }

  abort(): void {
    this.#aborted.abort();
  }

  /** Brings the file. To be called once. @throws FetchFailed, which its readers are told as well */
  async fly(): Promise<void> {
    try {
      await this.#bring();
      await this.file.sync();
      this.#isWhole = true;
    } catch (error) {
      this.#fault = error instanceof Error ? error : new Error(String(error));
      throw error;
    } finally {
      clearTimeout(this.#lonely);
      this.#tell();
    }
  }

  async #bring(): Promise<void> {
    let answer: FetchAnswer | undefined = this.first;
    for (let fruitless = 0; ;) {
      const before = this.#written;
      try {
        await this.#pump(answer ?? (await this.#resume(fruitless <= 1)));
        return;
      } catch (error) {
        const fault = interruption(error, this.#aborted.signal);
        if (!(fault instanceof Interrupted)) throw fault;
        fruitless = this.#written > before ? 1 : fruitless + 1;
        if (fruitless >= this.parts.client.tries)
          throw new FetchFailed(this.url, fault.message, { cause: fault });
        await this.parts.client.pause(fruitless, this.#aborted.signal);
        answer = undefined;
      }
    }
  }

  async #pump({ body }: FetchAnswer): Promise<void> {
    const stop = () => body.destroy();
    const lookAgain = everyBytes(LOOK_AGAIN_BYTES / 8, () => this.parts.admit(0));
    this.#aborted.signal.addEventListener('abort', stop);
    try {
      for await (const chunk of body) {
        if (!(chunk instanceof Uint8Array)) continue;
        await writeFully(this.file, chunk, this.#written);
        this.#written += chunk.length;
        this.#tell();
        await lookAgain(this.#written);
      }
    } finally {
      this.#aborted.signal.removeEventListener('abort', stop);
    }
    this.#aborted.signal.throwIfAborted();
    if (this.size !== undefined && this.#written !== this.size) {
      throw new Interrupted(`${this.#written} of ${this.size} bytes came`);
    }
  }

  /**
   * Readers already have the first bytes: only the rest of the very same file may follow.
   * @param isSameServer Of a redirector: the server that sent the first bytes is asked before another.
   */
  async #resume(isSameServer: boolean): Promise<FetchAnswer> {
    const validator = validatorOf(this.first.headers);
    if (validator === undefined && this.#written > 0) {
      throw new FetchFailed(this.url, 'the connection broke, and the origin cannot go on in the middle');
    }
    const url = isSameServer ? this.first.url : this.url;
    const answer = await this.parts.client.open(
      url,
      {
        range: `bytes=${this.#written}-`,
        ...(validator !== undefined && { 'if-range': validator }),
      },
      this.#aborted.signal,
      this.parts.named,
    );
    const range = parseContentRange(answer.headers['content-range']);
    if (answer.status === 206 && range?.first === this.#written) return answer;
    if (answer.status === 200 && this.#written === 0 && isSameFile(this.first, answer)) return answer;
    answer.body.destroy();
    if (answer.status === 200 || answer.status === 206) {
      throw new FetchFailed(this.url, 'it changed while it was fetched');
    }
    // Where a redirector leads may hold for a moment only.
    if (url !== this.url) throw new Interrupted(`status ${answer.status}`);
    throw statusFault(this.url, answer.status);
  }

  /** Reads nothing ahead: what waits in its reader's connection is enough. */
  #read({ start, end = Infinity, chunk }: MirroredPart, close: () => Promise<void>): Readable {
    let position = start;
    let reading = Promise.resolve();
    const readOn = async (stream: Readable): Promise<void> => {
      const bytes = await this.#bytesAt(position, Math.min(end + 1 - position, chunk), stream);
      position += bytes?.length ?? 0;
      stream.push(bytes ?? null);
    };
    const reader = new Readable({
      highWaterMark: 0,
      read(): void {
        reading = readOn(this).catch((error: Error) => void this.destroy(error));
      },
    });
    reader.once('close', () => {
      this.#tell();
      void reading.then(close);
    });
    return reader;
  }

  /** Waits until there are some; undefined at the end, or for a reader that has left. */
  async #bytesAt(position: number, most: number, reader: Readable): Promise<Buffer | undefined> {
    if (most <= 0) return undefined;
    while (!reader.destroyed) {
      const ready = Math.min(this.#written - position, most);
      if (ready > 0) {
        const { buffer, bytesRead } = await this.file.read(Buffer.allocUnsafe(ready), 0, ready, position);
        if (bytesRead === 0) throw new FetchFailed(this.url, 'its copy was cut short while it was read');
        return buffer.subarray(0, bytesRead);
      }
      if (this.#fault !== undefined) throw this.#fault;
      if (this.#isWhole) return undefined;
      await new Promise<void>((resolve) => this.#wake.push(resolve));
    }
    return undefined;
  }

  #tell(): void {
    for (const wake of this.#wake.splice(0)) wake();
  }

  #abortLater(): NodeJS.Timeout {
    return setTimeout(() => this.abort(), this.parts.lonelyMs).unref();
  }

  /** One reader less; the last one closes the file. */
  async release(): Promise<void> {
    this.#readers -= 1;
    if (this.#readers === 0) await this.file.close();
    // Who lost his connection comes back for the rest; a file that nobody comes back for is not worth its place.
    else if (this.#readers === 1 && !this.#isWhole) this.#lonely = this.#abortLater();
  }
}

/** As far as can be told before its bytes came. */
function isSameFile({ headers: a }: FetchAnswer, { headers: b }: FetchAnswer): boolean {
  return validatorOf(a) === validatorOf(b) && a['content-length'] === b['content-length'];
}
