import { parentPort, workerData, type MessagePort } from 'node:worker_threads';
import { Checkout } from './checkout.js';
import { flushBatch, probeDisk } from './disk.js';
import type { DiskReply, DiskRequest, FlushBatch } from './disk-messages.js';

/** Where a disk thread works. */
export interface DiskSettings {
  readonly directory: string;
  readonly gitDirectory: string;
  readonly scratchFolder: string;
  /** As in `refs/heads/main`. */
  readonly branch: string;
}

/** How long no batch came before the index is written and the work tree flushed. */
const IDLE_MS = 150;
/** The index is not left behind for longer than this, however busy the store. */
const INDEX_AGE_MS = 2000;
const RETRY_MS = 1000;
/**
 * How long no batch came before the work tree follows (more than lies between two of a storm), and the longest that it
 * waits while they keep coming.
 */
const PAUSE_MS = 60;
const LONGEST_LAG_MS = 1500;
/**
 * In a storm without a pause the mark of the work tree moves on as well, a few files at a time: a start after a kill then
 * follows the commits back for so long and no longer.
 */
const MARK_AGE_MS = 5000;
const BUSY_FILES = 2;
const BUSY_PAUSE_MS = 5;
/** How often some files are compared with what was last written there. */
const SCAN_MS = 500;

/**
 * All writing to disk, in a thread of its own: system calls are made one after the other, in the order that durability
 * needs, while the event loop of the daemon goes on answering machines.
 */
class DiskThread {
  readonly #checkout: Checkout;
  #timer: NodeJS.Timeout | undefined;
  #lastFlush = 0;
  #lastIndex = 0;
  #lastMark = performance.now();
  #lags = false;
  #behindSince: number | undefined;

  constructor(
    private readonly settings: DiskSettings,
    private readonly port: MessagePort,
  ) {
    this.#checkout = new Checkout(settings.directory, settings.gitDirectory, settings.scratchFolder);
  }

  start(): void {
    this.port.on('message', (request: DiskRequest) => {
      this.#serve(request);
    });
  }

  #serve(request: DiskRequest): void {
    switch (request.kind) {
      case 'flush':
        void this.#flush(request.batch);
        return;
      case 'probe': {
        const outcome = probeDisk(this.settings.scratchFolder);
        this.#reply({ kind: 'flushed', number: request.number, outcome });
        break;
      }
      case 'adopt':
        this.#checkout.adopt(Buffer.from(request.entries), request.head, request.isSettled);
        break;
      case 'restore':
        this.#checkout.follow(undefined, request.files);
        break;
      case 'follow':
        this.#checkout.replaceOthers(Buffer.from(request.others));
        this.#checkout.followForeign(request.head, request.files);
        break;
      case 'seen':
        this.#checkout.markSeen(request.path, Buffer.from(request.id));
        break;
      case 'close':
        this.#close();
        return;
    }
    this.#schedule(0);
  }

  async #flush(batch: FlushBatch): Promise<void> {
    const { gitDirectory, scratchFolder, branch } = this.settings;
    clearTimeout(this.#timer);
    const outcome = await flushBatch(gitDirectory, scratchFolder, branch, batch, () => {
      this.#checkout.prepare();
    });
    this.#reply({ kind: 'flushed', number: batch.number, outcome });
    if (outcome.kind === 'durable') {
      this.#lastFlush = performance.now();
      this.#checkout.follow(batch.next, batch.files);
    }
    this.#schedule(0);
  }

  /** One slice of what can wait, then the next turn, so that a batch never waits for more than a slice. */
  #work(): void {
    this.#timer = undefined;
    try {
      this.#schedule(this.#step());
      this.#reportLag(undefined);
      const files = this.#checkout.takeEdits();
      if (files.length > 0) this.#reply({ kind: 'edited', files });
    } catch (error) {
      this.#reportLag(error);
      this.#schedule(RETRY_MS);
    }
  }

  /** @returns when the next slice is due. */
  #step(): number {
    if (this.#checkout.isSettled) {
      this.#checkout.lookForEdits();
      return SCAN_MS;
    }
    const wait = this.#untilCheckout();
    if (wait > 0) return this.#checkout.isFlushing ? this.#flushSome(BUSY_FILES, BUSY_PAUSE_MS, wait) : wait;
    if (this.#checkout.isBehind) {
      this.#checkout.catchUp();
      return 0;
    }
    const now = performance.now();
    const idle = now - this.#lastFlush;
    if (idle >= IDLE_MS || now - this.#lastIndex >= INDEX_AGE_MS) {
      this.#checkout.writeIndex();
      this.#lastIndex = now;
    }
    if (idle >= IDLE_MS) return this.#flushSome(undefined, 0, IDLE_MS);
    const isDue = this.#checkout.isFlushing || now - this.#lastMark >= MARK_AGE_MS;
    return isDue ? this.#flushSome(BUSY_FILES, BUSY_PAUSE_MS, IDLE_MS) : IDLE_MS - idle;
  }

  /** @returns milliseconds: `pause` between two slices, `after` once the checkpoint is done. */
  #flushSome(files: number | undefined, pause: number, after: number): number {
    if (!this.#checkout.flushSlice(files)) return pause;
    this.#lastMark = performance.now();
    return after;
  }

  /** Milliseconds: a file that changes several times in a storm is written once, and commits come before files. */
  #untilCheckout(): number {
    const now = performance.now();
    if (!this.#checkout.isBehind) {
      this.#behindSince = undefined;
      return 0;
    }
    this.#behindSince ??= now;
    const isDue = now - this.#lastFlush >= PAUSE_MS || now - this.#behindSince >= LONGEST_LAG_MS;
    return isDue ? 0 : PAUSE_MS;
  }

  #close(): void {
    clearTimeout(this.#timer);
    try {
      while (this.#checkout.isBehind) this.#checkout.catchUp();
      this.#checkout.writeIndex();
      // One checkpoint may be under way; the other is of what was written since it began.
      for (let checkpoint = 0; checkpoint < 2; checkpoint += 1) while (!this.#checkout.flushSlice());
    } catch (error) {
      this.#reportLag(error);
    }
    this.#reply({ kind: 'closed' });
    this.port.close();
  }

  #schedule(milliseconds: number): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => {
      this.#work();
    }, milliseconds);
  }

  #reportLag(error: unknown): void {
    const lags = error !== undefined;
    if (lags === this.#lags) return;
    this.#lags = lags;
    if (lags) this.#reply({ kind: 'work-tree-lags', message: messageOf(error) });
    else this.#reply({ kind: 'work-tree-follows' });
  }

  #reply(reply: DiskReply): void {
    this.port.postMessage(reply);
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : 'it failed without a reason';
}

if (parentPort) new DiskThread(workerData as DiskSettings, parentPort).start();
