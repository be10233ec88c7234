import PQueue from 'p-queue';

/**
 * Lets a few commands run at once. A BMC gets one at a time, and while its commands wait for each other they take no place from
 * those of other BMCs: a dead one costs others one place, for one time limit.
 */
export class BmcQueue {
  readonly #all: PQueue;
  readonly #each = new Map<string, PQueue>();

  constructor(atOnce: number) {
    this.#all = new PQueue({ concurrency: atOnce });
  }

  /** How many commands may run at once from now on. */
  set atOnce(atOnce: number) {
    this.#all.concurrency = atOnce;
  }

  /** @param signal Takes a command that still waits out of the queue. */
  async run<T>(bmc: string, command: () => Promise<T>, signal?: AbortSignal): Promise<T> {
    const own = this.#each.get(bmc) ?? new PQueue({ concurrency: 1 });
    this.#each.set(bmc, own);
    const options = signal ? { signal } : {};
    try {
      return await own.add(() => this.#all.add(command, options), options);
    } finally {
      if (own.size === 0 && own.pending === 0 && this.#each.get(bmc) === own) this.#each.delete(bmc);
    }
  }
}
