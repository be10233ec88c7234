import type { Logger } from 'pino';
import type { Daemon } from './daemon.js';

/** After a fault: what does not end by then is cut off. What was answered is durable without it. */
const STOP_WITHIN_MS = 10_000;

type Reason = { readonly signal: NodeJS.Signals } | { readonly fault: unknown };

/**
 * Waits for SIGTERM, SIGINT, or an error that nobody caught, and ends the daemon. After such an error nobody knows what else is wrong:
 * the log tells it with its stack, leases and commits are written, and the process ends, so that whoever watches it starts it anew.
 * A second one ends it at once.
 * @returns the exit status
 */
export async function runUntilStopped(
  daemon: Pick<Daemon, 'close'>,
  logger: Pick<Logger, 'info' | 'fatal'>,
): Promise<number> {
  const reason = await reasonToStop();
  const isFault = 'fault' in reason;
  if (isFault) {
    logger.fatal({ err: reason.fault }, 'imago has a fault, and stops');
    setTimeout(() => process.exit(1), STOP_WITHIN_MS).unref();
  } else logger.info(reason, 'stopping');
  await daemon.close();
  logger.info({}, 'stopped');
  return isFault ? 1 : 0;
}

function reasonToStop(): Promise<Reason> {
  return new Promise((resolve) => {
    for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, () => resolve({ signal }));
    // Node makes one of a rejection that nobody handles, too.
    process.once('uncaughtException', (fault) => resolve({ fault }));
  });
}
