import { parentPort, workerData, type MessagePort } from 'node:worker_threads';
import { Checkout } from './worktree/checkout.js';
import { flushBatch, probeDisk } from './disk.js';
import type { KindFolders } from './layout.js';
import type { DiskReply, DiskRequest, FlushBatch } from './disk-messages.js';
import { PacedCheckout } from './worktree/paced-checkout.js';

/** Where a disk thread works. */
export interface DiskSettings {
  readonly directory: string;
  readonly gitDirectory: string;
  readonly scratchFolder: string;
  /** As in `refs/heads/main`. */
  readonly branch: string;
  /** Of records beside hosts. */
  readonly kinds: KindFolders;
}

const RETRY_MS = 1000;

/**
 * All writing to disk, in a thread of its own: system calls are made one after the other, in the order that durability
 * needs, while the event loop of the daemon goes on answering machines.
 */
class DiskThread {
  readonly #checkout: Checkout;
  readonly #paced: PacedCheckout;
  #timer: NodeJS.Timeout | undefined;
  #lags = false;

  constructor(
    private readonly settings: DiskSettings,
    private readonly port: MessagePort,
  ) {
    this.#checkout = new Checkout(
      settings.directory,
      settings.gitDirectory,
      settings.scratchFolder,
      settings.kinds,
    );
    this.#paced = new PacedCheckout(this.#checkout, performance.now());
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
        this.#checkout.follow(undefined, request.restore);
        if (!request.isSettled || request.restore.length > 0) this.#paced.hurry();
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
      case 'refused':
        this.#checkout.markRefused(request.path);
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
      this.#paced.noteBatch(performance.now());
      this.#checkout.follow(batch.next, batch.files);
    }
    this.#schedule(0);
  }

  /** One slice of what can wait, then the next turn, so that a batch never waits for more than a slice. */
  #work(): void {
    this.#timer = undefined;
    try {
      this.#schedule(this.#paced.step(performance.now()));
      if (!this.#checkout.isStuck) this.#reportLag(undefined);
      const files = this.#checkout.takeEdits();
      if (files.length > 0) this.#reply({ kind: 'edited', files });
    } catch (error) {
      this.#reportLag(error);
      this.#schedule(RETRY_MS);
    }
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
