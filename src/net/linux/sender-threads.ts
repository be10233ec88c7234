import { Worker } from 'node:worker_threads';
import { COUNTED_BYTES, type SentOutcome, type SentPart } from './file-sender.js';
import type { Duplicate } from './sendfile.js';
import type { SenderNews, SenderOrder } from './sender-thread.js';

/** A disk that is slow for one file leaves the other threads to the others. */
const MOST_THREADS = 2;

export interface SentFile {
  readonly over: Promise<SentOutcome>;
  /** In bytes, so far: in the buffer of the socket, or on their way. */
  sent(): number;
  cancel(): void;
}

/** Sends parts of files over sockets by threads of their own, which begin with the first of them. */
export class SenderThreads {
  readonly #threads: SenderThread[] = [];

  constructor(private readonly duplicate: Duplicate) {}

  /** @param part The file stays open until it is over; the socket may be closed any time. Undefined where no descriptor is left. */
  begin(part: SentPart): SentFile | undefined {
    // Its number may be another socket's before the thread has heard that it is closed.
    const socket = this.duplicate(part.socket);
    return socket < 0 ? undefined : this.#idlest().begin({ ...part, socket });
  }

  async close(): Promise<void> {
    await Promise.all(this.#threads.splice(0).map((thread) => thread.close()));
  }

  #idlest(): SenderThread {
    const [idlest] = [...this.#threads].sort((a, b) => a.size - b.size);
    if (idlest && (idlest.size === 0 || this.#threads.length >= MOST_THREADS)) return idlest;
    const thread: SenderThread = new SenderThread(() => {
      const index = this.#threads.indexOf(thread);
      if (index >= 0) this.#threads.splice(index, 1);
    });
    this.#threads.push(thread);
    return thread;
  }
}

class SenderThread {
  readonly #worker = new Worker(new URL('sender-thread.js', import.meta.url));
  readonly #over = new Map<number, (outcome: SentOutcome) => void>();
  #last = 0;

  constructor(ended: () => void) {
    this.#worker.unref();
    this.#worker.on('message', ({ id, outcome }: SenderNews) => {
      this.#over.get(id)?.(outcome);
      this.#over.delete(id);
    });
    // Its descriptors stay open then: a fault of imago's own, of which the connections are told.
    this.#worker.on('error', () => undefined);
    this.#worker.on('exit', () => {
      ended();
      for (const over of this.#over.values()) over('cut');
      this.#over.clear();
    });
  }

  get size(): number {
    return this.#over.size;
  }

  begin(part: SentPart): SentFile {
    const id = ++this.#last;
    const sent = new Uint32Array(new SharedArrayBuffer(4));
    const over = new Promise<SentOutcome>((resolve) => void this.#over.set(id, resolve));
    this.#tell({ kind: 'begin', id, part, sent });
    return {
      over,
      sent: () => Atomics.load(sent, 0) * COUNTED_BYTES,
      cancel: () => this.#over.has(id) && this.#tell({ kind: 'cancel', id }),
    };
  }

  async close(): Promise<void> {
    await this.#worker.terminate();
  }

  #tell(order: SenderOrder): void {
    this.#worker.postMessage(order);
  }
}
