import { ImagoError, showValue, cleanText } from '../errors.js';
import type { FileProgress } from './fetch-image.js';

/** How a fetching stands. A value: each news makes a new one. */
export interface FetchSnapshot {
  readonly version: string;
  readonly source: string;
  readonly state: 'running' | 'done' | 'failed' | 'cancelled';
  readonly files: readonly FileProgress[];
  readonly error?: { readonly code: string; readonly message: string } | undefined;
}

export class FetchCancelled extends ImagoError {
  readonly code = 'FETCH_CANCELLED';

  constructor(version: string) {
    super(`fetching ${showValue(version)} was cancelled: start it again to go on where it was`, { version });
  }
}

/** One fetching under way, which any number of people may follow; it goes on when they leave. */
export class FetchJob {
  #snapshot: FetchSnapshot;
  #wake: (() => void)[] = [];
  readonly #cancelled = new AbortController();

  constructor(version: string, source: string) {
    this.#snapshot = { version, source, state: 'running', files: [] };
  }

  get snapshot(): FetchSnapshot {
    return this.#snapshot;
  }

  get signal(): AbortSignal {
    return this.#cancelled.signal;
  }

  cancel(): void {
    this.#cancelled.abort(new FetchCancelled(this.#snapshot.version));
  }

  /** The present snapshot, then the newest whenever there is a newer one; ends with the fetching. */
  async *follow(): AsyncGenerator<FetchSnapshot, void, undefined> {
    for (;;) {
      const seen = this.#snapshot;
      yield seen;
      if (seen.state !== 'running') return;
      if (seen === this.#snapshot) await new Promise<void>((resolve) => this.#wake.push(resolve));
    }
  }

  plan(version: string, files: readonly string[]): void {
    this.#tell({
      version,
      files: files.map((name) => ({ name, phase: 'waiting', doneBytes: 0 })),
    });
  }

  progress(file: FileProgress): void {
    this.#tell({ files: this.#snapshot.files.map((old) => (old.name === file.name ? file : old)) });
  }

  /** The last news: how `work` ends. */
  async run(work: () => Promise<void>): Promise<void> {
    try {
      await work();
      this.#tell({ state: 'done' });
    } catch (error) {
      this.#tell({
        state: this.#cancelled.signal.aborted ? 'cancelled' : 'failed',
        error: faultOf(this.#cancelled.signal.aborted ? this.#cancelled.signal.reason : error),
      });
      throw error;
    }
  }

  #tell(news: Partial<FetchSnapshot>): void {
    this.#snapshot = { ...this.#snapshot, ...news };
    for (const wake of this.#wake.splice(0)) wake();
  }
}

function faultOf(error: unknown): { code: string; message: string } {
  if (error instanceof ImagoError) return { code: error.code, message: error.message };
  return { code: 'INTERNAL', message: cleanText(error instanceof Error ? error.message : String(error)) };
}
