import { open, type FileHandle } from 'node:fs/promises';
import { replaceFile, writeFully } from './durable-file.js';
import { readIfPresent } from './if-present.js';

/** The file is written anew once it has this many lines more than twice what it has to hold. */
const SLACK = 1_000;
/** A disk that refuses is not asked more often. */
const RETRY_MILLISECONDS = 1_000;

export interface LineJournalParts {
  readonly path: string;
  readonly mode: number;
  /** All that the file has to hold now, each with its line feed. What is appended is among it already. */
  readonly live: { readonly size: number; lines(): readonly string[] };
  /** The disk refused something: what was appended outlives no crash until it takes it again. */
  readonly failed: (error: Error) => void;
}

interface Batch {
  readonly lines: string[];
  readonly written: Promise<void>;
  readonly done: () => void;
}

/**
 * Lines that outlive a crash of the process, though not every power cut: they are handed to the kernel, and not flushed. What comes while some
 * are being written shares the next write.
 */
export class LineJournal {
  #waiting: Batch | undefined;
  #writing: Batch | undefined;
  #loop: Promise<void> | undefined;
  /** Undefined after a fault: the next line begins it anew. */
  #file: FileHandle | undefined;
  #length = 0;
  #lines = 0;
  #refusedAt = Number.NEGATIVE_INFINITY;

  private constructor(private readonly parts: LineJournalParts) {}

  /** The lines of the file; none where there is none. */
  static async load(path: string): Promise<readonly string[]> {
    const text = (await readIfPresent(path)) ?? '';
    return text.split('\n').filter((line) => line !== '');
  }

  /** Begins a file with what is live: it has no torn last line that the next one could be joined to. */
  static async start(parts: LineJournalParts): Promise<LineJournal> {
    const journal = new LineJournal(parts);
    await journal.#rewrite();
    return journal;
  }

  /** Resolves when the kernel has the line, or the disk has refused it. */
  append(line: string): Promise<void> {
    this.#waiting ??= newBatch();
    this.#waiting.lines.push(line);
    this.#loop ??= this.#writeAll();
    return this.#waiting.written;
  }

  /** Resolves when that is so of all that was appended before. */
  settled(): Promise<void> {
    return (this.#waiting ?? this.#writing)?.written ?? Promise.resolve();
  }

  async close(): Promise<void> {
    await this.#loop;
    await this.#file?.close();
    this.#file = undefined;
  }

  async #writeAll(): Promise<void> {
    // All requests of the turn in work share the write.
    await new Promise<void>((resolve) => {
      setImmediate(resolve);
    });
    while (this.#waiting) {
      const batch = this.#waiting;
      this.#writing = batch;
      this.#waiting = undefined;
      await this.#write(batch.lines);
      this.#writing = undefined;
      batch.done();
    }
    this.#loop = undefined;
  }

  async #write(lines: readonly string[]): Promise<void> {
    if (this.#file === undefined && performance.now() - this.#refusedAt < RETRY_MILLISECONDS) return;
    try {
      if (this.#file === undefined || this.#lines > SLACK + 2 * this.parts.live.size) await this.#rewrite();
      else await this.#extend(this.#file, lines);
    } catch (error) {
      if (!(error instanceof Error)) throw error;
      this.#refusedAt = performance.now();
      await this.#file?.close().catch(() => undefined);
      this.#file = undefined;
      this.parts.failed(error);
    }
  }

  async #extend(file: FileHandle, lines: readonly string[]): Promise<void> {
    const bytes = Buffer.from(lines.join(''), 'utf8');
    await writeFully(file, bytes, this.#length);
    this.#length += bytes.length;
    this.#lines += lines.length;
  }

  async #rewrite(): Promise<void> {
    const { path, mode, live } = this.parts;
    await this.#file?.close();
    this.#file = undefined;
    const lines = live.lines();
    const content = Buffer.from(lines.join(''), 'utf8');
    await replaceFile(path, content, mode);
    this.#file = await open(path, 'r+');
    this.#length = content.length;
    this.#lines = lines.length;
  }
}

function newBatch(): Batch {
  let done = (): void => undefined;
  const written = new Promise<void>((resolve) => (done = resolve));
  return { lines: [], written, done: () => done() };
}
