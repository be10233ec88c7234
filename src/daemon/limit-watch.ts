import { Counter, type Registry } from 'prom-client';
import type { Logger } from 'pino';
import { limits, type LimitName, type ReachLimit } from '../limits.js';
import { LimitedLog } from '../net/limited-log.js';

/** Counts who meets a bound, and says so in the log: once in ten seconds for each bound. */
export function limitWatch(registry: Registry, log: Pick<Logger, 'warn'>, clock: () => number): ReachLimit {
  const reached = new Counter({
    name: 'imago_limit_reached_total',
    help: 'Times that a client met a bound, by its name in docs/limits.md.',
    labelNames: ['limit'],
    registers: [registry],
  });
  for (const limit of Object.keys(limits)) reached.inc({ limit }, 0);
  const told = new LimitedLog<'warn'>({ warn: (facts, message) => log.warn(facts, message) }, clock);
  return (limit: LimitName, facts = {}) => {
    reached.inc({ limit });
    told.write('warn', limit, { limit, ...facts }, `a client met a bound: ${limits[limit].bound}`);
  };
}
