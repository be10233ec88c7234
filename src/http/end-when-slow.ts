import type { ServerResponse } from 'node:http';
import { whenOver } from './request-over.js';

const LOOK_MS = 30_000;
/** About 64 KiB/s. */
const LEAST_BYTES = 2 << 20;

type Answer = Pick<ServerResponse, 'closed' | 'once' | 'destroy'> & Taking;

/** Ends an answer whose reader takes less than 2 MiB in 30 seconds: it would keep others from theirs. */
export function endWhenSlow(response: Answer): void {
  let before = takenBy(response);
  const timer = setInterval(() => {
    const taken = takenBy(response);
    if (taken - before < LEAST_BYTES) response.destroy();
    before = taken;
  }, LOOK_MS);
  timer.unref();
  whenOver(response, () => clearInterval(timer));
}

/** What of a ServerResponse is looked at. */
export interface Taking {
  readonly socket: { readonly bytesWritten: number; readonly writableLength: number } | null;
}

/** How many bytes the reader of an answer's connection has taken: those that have left the process. */
export function takenBy({ socket }: Taking): number {
  return socket ? socket.bytesWritten - socket.writableLength : 0;
}
