import { pino, type DestinationStream, type Logger } from 'pino';
import { LoggingOutput } from './logging-output.js';

/**
 * One JSON line per event, on standard output unless told otherwise. Parts log facts first, then one sentence; text of clients is
 * cleaned before it comes here.
 */
export function createLogger(level: string, destination: DestinationStream = new LoggingOutput(1)): Logger {
  const options = {
    level,
    base: null,
    timestamp: pino.stdTimeFunctions.isoTime,
    formatters: { level: (label: string) => ({ level: label }) },
  };
  return pino(options, destination);
}
