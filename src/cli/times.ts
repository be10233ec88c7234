import { showValue } from '../errors.js';
import { UsageError } from './errors.js';

/** To the second, in UTC, one word: `2026-11-21T02:05:14Z`; `never` for what did not happen. The API's instants are in UTC. */
export function instant(time: string | undefined): string {
  return time === undefined ? 'never' : `${time.slice(0, 19)}Z`;
}

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
  return [...text.matchAll(/(?<!\d)(\d+)([smh])/g)].reduce(
    (sum, [, count = '', unit = '']) => sum + Number(count) * (secondsOf[unit] ?? 0),
    0,
  );
}

/** `7d04h`, `2h05m`, `5m07s` or `9s`: the two largest units, the same width in each row but for days. */
export function formatDuration(seconds: number): string {
  const parts = [
    { unit: 'd', size: 86_400 },
    { unit: 'h', size: 3600 },
    { unit: 'm', size: 60 },
    { unit: 's', size: 1 },
  ];
  const first = parts.findIndex(({ size }) => seconds >= size);
  const [large = { unit: 's', size: 1 }, small] = parts.slice(first < 0 ? -1 : first);
  const whole = `${Math.floor(seconds / large.size)}${large.unit}`;
  if (!small) return whole;
  return `${whole}${String(Math.floor((seconds % large.size) / small.size)).padStart(2, '0')}${small.unit}`;
}

const AGO = /^(?=\d)(?:(\d+)d)?((?:\d+[smh])*)$/;
const DAY_MS = 86_400_000;

/** The instant, in milliseconds, that `15m` (ago), `2d`, `2026-11-21` or `2026-11-21T03:00Z` names; undefined when it names none. */
export function pointInTime(text: string, now: number): number | undefined {
  const [ago, days = '0', rest = ''] = AGO.exec(text) ?? [];
  if (ago !== undefined) return now - Number(days) * DAY_MS - (rest === '' ? 0 : parseDuration(rest) * 1000);
  const instant = /^\d+$/.test(text) ? Number.NaN : Date.parse(text);
  return Number.isNaN(instant) ? undefined : instant;
}

/**
 * When what begins now ends: after `90d` or `12h`, at `2027-01-31` (UTC) or `2027-01-31T12:00Z`, or `never`, which is undefined.
 * @param now in milliseconds
 * @throws UsageError
 */
export function endOf(text: string, now: number): Date | undefined {
  if (text === 'never') return undefined;
  const [, count, unit] = /^(\d{1,6})([dh])$/.exec(text) ?? [];
  const end =
    count === undefined ? Date.parse(text) : now + Number(count) * (unit === 'd' ? DAY_MS : DAY_MS / 24);
  const isTime = count !== undefined || /^\d{4}-\d\d-\d\d/.test(text);
  if (!isTime || Number.isNaN(end)) {
    throw new UsageError(`${showValue(text)} is no end: write it as in 90d, 12h, 2027-01-31 or never`);
  }
  if (end <= now) throw new UsageError(`${showValue(text)} is over already: write a later end`);
  return new Date(end);
}
