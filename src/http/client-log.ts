import { LimitedLog } from '../net/limited-log.js';
import type { HttpServices } from './services.js';

export type ClientLog = (
  level: 'info' | 'warn' | 'error',
  client: string,
  kind: string,
  facts: object,
  message: string,
) => void;

/**
 * A log of what clients cause, so many lines of a kind for each client in ten seconds.
 * @param client Not of its own choosing, as a serial is.
 */
export function clientLog({ logger, reach }: Pick<HttpServices, 'logger' | 'reach'>, most = 1): ClientLog {
  const limited = new LimitedLog(logger, () => performance.now(), most);
  return (level, client, kind, facts, message) => {
    if (!limited.write(level, `${kind} ${client}`, facts, message)) reach('log-lines', { client, kind });
  };
}
