import type { ServerResponse } from 'node:http';

const LOOK_MS = 30_000;
/** About 64 KiB/s. */
const LEAST_BYTES = 2 << 20;

type Answer = Pick<ServerResponse, 'once' | 'destroy'> & {
  readonly socket: { readonly bytesWritten: number; readonly writableLength: number } | null;
};

/** Ends an answer whose reader takes less than 2 MiB in 30 seconds: it would keep others from theirs. */
export function endWhenSlow(response: Answer): void {
  let before = takenBy(response);
  const timer = setInterval(() => {
    const taken = takenBy(response);
    if (taken - before < LEAST_BYTES) response.destroy();
    before = taken;
  }, LOOK_MS);
  timer.unref();
  response.once('close', () => clearInterval(timer));
}

/** Bytes that have left the process. */
function takenBy({ socket }: Answer): number {
  return socket ? socket.bytesWritten - socket.writableLength : 0;
}
