import type { Fault, FaultPath } from './fault.js';

const DEEPEST = 64;

/** What no plain value can hold: names that objects lose silently, and values that hold themselves. */
export function oddPlaces(raw: unknown, path: FaultPath = [], around: readonly unknown[] = []): Fault[] {
  if (typeof raw !== 'object' || raw === null) return [];
  if (around.includes(raw)) return [{ path, message: 'is an alias for what it stands in: write it out' }];
  if (around.length > DEEPEST) return [{ path, message: `is nested too deeply: ${DEEPEST} levels at most` }];
  const within = [...around, raw];
  if (Array.isArray(raw))
    return raw.flatMap((value: unknown, index) => oddPlaces(value, [...path, index], within));
  return Object.entries(raw).flatMap(([key, value]) =>
    key === '__proto__'
      ? [{ path: [...path, key], message: 'is a name that nothing can be stored under: choose another one' }]
      : oddPlaces(value, [...path, key], within),
  );
}
