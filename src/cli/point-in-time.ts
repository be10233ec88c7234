import { parseDuration } from './duration.js';

const AGO = /^(?=\d)(?:(\d+)d)?((?:\d+[smh])*)$/;
const DAY_MS = 86_400_000;

/** The instant, in milliseconds, that `15m` (ago), `2d`, `2026-11-21` or `2026-11-21T03:00Z` names; undefined when it names none. */
export function pointInTime(text: string, now: number): number | undefined {
  const [ago, days = '0', rest = ''] = AGO.exec(text) ?? [];
  if (ago !== undefined) return now - Number(days) * DAY_MS - (rest === '' ? 0 : parseDuration(rest) * 1000);
  const instant = /^\d+$/.test(text) ? Number.NaN : Date.parse(text);
  return Number.isNaN(instant) ? undefined : instant;
}
