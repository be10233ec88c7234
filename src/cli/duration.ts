import { showValue } from '../errors.js';
import { UsageError } from './usage-error.js';

const secondsOf: Readonly<Record<string, number>> = { s: 1, m: 60, h: 3600 };

/**
 * Seconds from `90`, `90s`, `20m` or `1h30m`.
 * @throws UsageError
 */
export function parseDuration(text: string): number {
  if (/^\d+$/.test(text)) return Number(text);
  if (!/^(\d+[smh])+$/.test(text)) {
    throw new UsageError(`${showValue(text)} is not a time span: write it as in 90s, 20m or 1h30m`);
  }
  return [...text.matchAll(/(\d+)([smh])/g)].reduce(
    (sum, [, count = '', unit = '']) => sum + Number(count) * (secondsOf[unit] ?? 0),
    0,
  );
}
