import type { Serial } from '../host/serial.js';

export const progressPhases = ['started', 'disk', 'download', 'write', 'config', 'done', 'failed'] as const;
export type ProgressPhase = (typeof progressPhases)[number];

/** What a machine last said of its installation. */
export interface Progress {
  readonly phase: ProgressPhase;
  /** Cleaned of what could garble a line. */
  readonly message: string;
  readonly time: Date;
}

export type ProgressWatcher = (serial: Serial, progress: Progress) => void;

/** The last word of each machine, until the daemon stops. Only of machines that are hosts, so that nobody can fill it. */
export class ProgressBoard {
  readonly #last = new Map<Serial, Progress>();
  readonly #watchers = new Set<ProgressWatcher>();

  put(serial: Serial, progress: Progress): void {
    this.#last.set(serial, progress);
    for (const watcher of this.#watchers) watcher(serial, progress);
  }

  /** Until the returned function is called. */
  subscribe(watcher: ProgressWatcher): () => void {
    this.#watchers.add(watcher);
    return () => void this.#watchers.delete(watcher);
  }

  of(serial: Serial): Progress | undefined {
    return this.#last.get(serial);
  }
}
