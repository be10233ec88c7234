import { constants } from 'node:fs';
import { mkdir, open, readFile, type FileHandle } from 'node:fs/promises';
import { dirname } from 'node:path';
import { replaceFile, syncFolder, writeFully } from './durable-file.js';
import { ifPresent } from './if-present.js';

interface Waiting {
  readonly line: string;
  readonly done: () => void;
  readonly failed: (error: unknown) => void;
}

/** A file of lines that grows at its end. Each is flushed before whoever wrote it goes on, or is refused; those that wait share one flush. */
export class DurableJournal {
  #waiting: Waiting[] = [];
  /** What is under way, one after the other. */
  #turn: Promise<void> = Promise.resolve();
  #isFlushAhead = false;

  private constructor(
    private readonly path: string,
    private readonly mode: number,
    private file: FileHandle,
    /** Bytes that are whole lines. */
    private size: number,
  ) {}

  /** With the whole lines that are there. The folder is made where it is missing. */
  static async open(
    path: string,
    mode: number,
  ): Promise<{ journal: DurableJournal; lines: readonly string[] }> {
    await mkdir(dirname(path), { recursive: true, mode: 0o700 });
    const content = (await ifPresent(readFile(path))) ?? Buffer.alloc(0);
    const size = content.lastIndexOf(10) + 1;
    const file = await open(path, constants.O_WRONLY | constants.O_CREAT, mode);
    await file.chmod(mode);
    // What a power cut tore is no line, and must not become part of one.
    await file.truncate(size);
    await syncFolder(dirname(path));
    const lines = content.toString('utf8', 0, size).split('\n').slice(0, -1);
    return { journal: new DurableJournal(path, mode, file, size), lines };
  }

  /** Durable on return. @throws what the system says; the line does not count then */
  append(line: string): Promise<void> {
    return new Promise((done, failed) => {
      this.#waiting.push({ line, done, failed });
      if (this.#isFlushAhead) return;
      this.#isFlushAhead = true;
      void this.#inTurn(() => this.#flush());
    });
  }

  /** Puts other lines in place of all, as a whole or not at all. What was appended before is among them, or gone. */
  rewrite(lines: readonly string[]): Promise<void> {
    return this.#inTurn(async () => {
      const content = Buffer.from(lines.map((line) => `${line}\n`).join(''), 'utf8');
      await replaceFile(this.path, content, this.mode);
      const replaced = await open(this.path, constants.O_WRONLY);
      await this.file.close();
      this.file = replaced;
      this.size = content.length;
    });
  }

  close(): Promise<void> {
    return this.#inTurn(() => this.file.close());
  }

  #inTurn(act: () => Promise<void>): Promise<void> {
    const turn = this.#turn.then(act);
    this.#turn = turn.catch(() => undefined); // told to whoever asked for it
    return turn;
  }

  async #flush(): Promise<void> {
    this.#isFlushAhead = false;
    const together = this.#waiting.splice(0);
    const bytes = Buffer.from(together.map(({ line }) => `${line}\n`).join(''), 'utf8');
    try {
      await writeFully(this.file, bytes, this.size);
      await this.file.datasync();
      this.size += bytes.length;
    } catch (error) {
      // What was written of them is written over by the next, or cut off at the next start.
      await this.file.truncate(this.size).catch(() => undefined);
      for (const { failed } of together) failed(error);
      return;
    }
    for (const { done } of together) done();
  }
}
