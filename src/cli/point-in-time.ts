import { parseDuration } from './duration.js';

/** The instant, in milliseconds, that `15m` (ago), `2d`, `2026-11-21` or `2026-11-21T03:00Z` names; undefined when it names none. */
export function pointInTime(text: string, now: number): number | undefined {
  if (/^(\d+[smhd])+$/.test(text)) return now - parseDuration(text) * 1000;
  const instant = /^\d+$/.test(text) ? Number.NaN : Date.parse(text);
  return Number.isNaN(instant) ? undefined : instant;
}
