import { pino, type DestinationStream, type Logger } from 'pino';

/** How long a line may wait for others to be written with. */
const LONGEST_WAIT_MS = 10;
/** In bytes: so much does not wait. */
const ENOUGH = 8192;

/**
 * One JSON line per event, on standard output unless told otherwise. Parts log facts first, then one sentence; text of clients is
 * cleaned before it comes here.
 */
export function createLogger(level: string, destination: DestinationStream = standardOutput()): Logger {
  const options = {
    level,
    base: null,
    timestamp: pino.stdTimeFunctions.isoTime,
    formatters: { level: (label: string) => ({ level: label }) },
  };
  return pino(options, destination);
}

/**
 * Not line by line: each write costs more than the line, and in a storm a slow reader would hold up the machines. What is left is
 * written when the process ends, also of an error that nobody catches.
 */
function standardOutput(): DestinationStream & { flushSync(): void } {
  const output = pino.destination({ dest: 1, sync: false, minLength: ENOUGH });
  let waiting: NodeJS.Timeout | undefined;
  const flush = (): void => {
    waiting = undefined;
    output.flush();
  };
  // From then on pino ends the output itself.
  process.once('beforeExit', () => clearTimeout(waiting));
  return {
    write(line) {
      output.write(line);
      waiting ??= setTimeout(flush, LONGEST_WAIT_MS).unref();
    },
    flushSync: () => output.flushSync(),
  };
}
