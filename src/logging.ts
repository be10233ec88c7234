import { pino, type DestinationStream, type Logger as PinoLogger } from 'pino';

/** What the parts log with: facts first, then one sentence. Text of clients is cleaned before it comes here. */
export type Logger = Pick<PinoLogger, 'debug' | 'info' | 'warn' | 'error'>;

/** One JSON line per event, on standard output unless told otherwise. */
export function createLogger(level: string, destination?: DestinationStream): PinoLogger {
  const options = {
    level,
    base: null,
    timestamp: pino.stdTimeFunctions.isoTime,
    formatters: { level: (label: string) => ({ level: label }) },
  };
  return destination ? pino(options, destination) : pino(options);
}
