import { Worker } from 'node:worker_threads';
import type {
  DiskNotice,
  DiskReply,
  DiskRequest,
  EditedFile,
  FlushBatch,
  FlushOutcome,
} from './disk-messages.js';
import type { DiskSettings } from './disk-thread.js';
import type { StoreLogger } from './store-logger.js';

const THREAD_ENDED: FlushOutcome = {
  kind: 'failed',
  errorCode: undefined,
  message: 'the thread that writes to disk has ended: restart imago',
};

/** The store's side of its disk thread. */
export class DiskClient {
  readonly #worker: Worker;
  readonly #flushes = new Map<number, (outcome: FlushOutcome) => void>();
  /** Below zero: batches count upwards from there. */
  #probes = 0;
  #edited: EditedFile[] = [];
  #onEdits = (files: readonly EditedFile[]): void => void this.#edited.push(...files);
  #lag: string | undefined;
  #ended: string | undefined;

  constructor(
    settings: DiskSettings,
    private readonly logger: StoreLogger,
  ) {
    this.#worker = new Worker(new URL('./disk-thread.js', import.meta.url), {
      workerData: settings,
      resourceLimits: { maxYoungGenerationSizeMb: 8 },
    });
    this.#worker.on('message', (reply: DiskReply) => {
      this.#hear(reply);
    });
    this.#worker.on('error', (error) => {
      this.#end(error.message);
    });
    this.#worker.on('exit', () => {
      this.#end('it has exited');
    });
  }

  /** Why the work tree does not follow the commits, if so. */
  get lag(): string | undefined {
    return this.#lag;
  }

  flush(batch: FlushBatch): Promise<FlushOutcome> {
    if (this.#ended !== undefined) return Promise.resolve(THREAD_ENDED);
    return new Promise((resolve) => {
      this.#flushes.set(batch.number, resolve);
      const moved = [batch.pack.buffer, batch.index.buffer] as ArrayBuffer[];
      this.#worker.postMessage({ kind: 'flush', batch } satisfies DiskRequest, moved);
    });
  }

  /** Tells `listener` of files that somebody edited, also of those before. */
  onEdits(listener: (files: readonly EditedFile[]) => void): void {
    this.#onEdits = listener;
    const before = this.#edited.splice(0);
    if (before.length > 0) listener(before);
  }

  probe(): Promise<FlushOutcome> {
    if (this.#ended !== undefined) return Promise.resolve(THREAD_ENDED);
    this.#probes -= 1;
    const number = this.#probes;
    return new Promise((resolve) => {
      this.#flushes.set(number, resolve);
      this.#worker.postMessage({ kind: 'probe', number } satisfies DiskRequest);
    });
  }

  tell(notice: DiskNotice): void {
    this.#worker.postMessage(notice);
  }

  /** Resolves once the work tree and Git's index are at HEAD, as far as the disk lets them. */
  async close(): Promise<void> {
    if (this.#ended !== undefined) return;
    const exited = new Promise((resolve) => this.#worker.once('exit', resolve));
    this.#worker.postMessage({ kind: 'close' } satisfies DiskRequest);
    await exited;
  }

  /** Ends the thread without another look at the disk. */
  async abandon(): Promise<void> {
    await this.#worker.terminate();
  }

  #hear(reply: DiskReply): void {
    switch (reply.kind) {
      case 'flushed':
        this.#flushes.get(reply.number)?.(reply.outcome);
        this.#flushes.delete(reply.number);
        break;
      case 'work-tree-lags':
        this.#lag = reply.message;
        this.logger.error({ error: reply.message }, 'the work tree cannot follow the commits');
        break;
      case 'work-tree-follows':
        this.#lag = undefined;
        this.logger.info({}, 'the work tree follows the commits again');
        break;
      case 'edited':
        this.#onEdits(reply.files);
        break;
      case 'closed':
        break;
    }
  }

  #end(reason: string): void {
    this.#ended ??= reason;
    for (const resolve of this.#flushes.values()) resolve(THREAD_ENDED);
    this.#flushes.clear();
  }
}
