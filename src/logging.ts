import { pino, type DestinationStream, type Logger } from 'pino';

/**
 * One JSON line per event, on standard output unless told otherwise. Parts log facts first, then one sentence; text of clients is
 * cleaned before it comes here.
 */
export function createLogger(level: string, destination?: DestinationStream): Logger {
  const options = {
    level,
    base: null,
    timestamp: pino.stdTimeFunctions.isoTime,
    formatters: { level: (label: string) => ({ level: label }) },
  };
  // Not line by line: in a storm a slow reader would hold up the machines. What is left is written when the process ends.
  return pino(options, destination ?? pino.destination({ dest: 1, sync: false }));
}
