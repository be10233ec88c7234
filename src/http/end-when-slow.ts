import type { ServerResponse } from 'node:http';
import { whenOver } from './request-over.js';
import { takenBy, type Taking } from './taken-by.js';

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
