/** Levels of lists and tables in an override: what goes through it calls itself for each. */
export const DEEPEST_OVERRIDE = 16;

/** Without calling itself: a value of 100,000 levels is shorter than a request may be. */
export function isNestedDeeper(value: unknown, most: number): boolean {
  let level: readonly unknown[] = [value];
  for (let depth = 0; level.length > 0; depth += 1) {
    if (depth > most) return true;
    level = level.flatMap((inner) =>
      typeof inner === 'object' && inner !== null ? Object.values(inner) : [],
    );
  }
  return false;
}
