import { compareStrings } from './go-string.js';
import type { Budget } from './bounds.js';

/** A value found in a map or a list: of Go's type `interface {}`, as errors say; null is its nil. */
export class Boxed {
  constructor(readonly inside: unknown) {}
}

/** A byte of a string. */
export class Uint8 {
  constructor(readonly value: number) {}
}

/** A map whose values are strings: an absent entry is '' for `index`, and not nil. */
export class StringMap {
  constructor(readonly entries: Readonly<Record<string, string>>) {}
}

/**
 * A value of Go: undefined is none at all or an untyped nil, a number a float64, a bigint an int, an array `[]interface {}`,
 * any other object `map[string]interface {}`. A string is one as in go-string.ts.
 */
export type Value = unknown;

export type Kind =
  | 'invalid'
  | 'interface'
  | 'bool'
  | 'int'
  | 'uint8'
  | 'float64'
  | 'string'
  | 'slice'
  | 'map';

export function kindOf(value: Value): Kind {
  if (typeof value === 'object' && value !== null) {
    if (value instanceof Boxed) return 'interface';
    if (value instanceof Uint8) return 'uint8';
    return Array.isArray(value) ? 'slice' : 'map';
  }
  return simpleKinds[typeof value] ?? 'invalid';
}

const simpleKinds: Readonly<Record<string, Kind>> = {
  string: 'string',
  number: 'float64',
  bigint: 'int',
  boolean: 'bool',
};

/** An element of a list or a map. */
export function boxed(inside: unknown): Boxed {
  return new Boxed(inside ?? null);
}

/** What is in an interface, or the value itself. */
export function unbox(value: Value): Value {
  return value instanceof Boxed ? (value.inside ?? undefined) : value;
}

export function typeName(value: Value): string {
  const kind = kindOf(value);
  if (kind === 'interface') return 'interface {}';
  if (kind === 'slice') return '[]interface {}';
  if (kind !== 'map') return kind === 'invalid' ? '<nil>' : kind;
  return value instanceof StringMap ? 'map[string]string' : 'map[string]interface {}';
}

export function isTrue(value: Value, budget: Budget): boolean {
  const inside = unbox(value);
  if (Array.isArray(inside)) return inside.length > 0;
  if (inside instanceof Uint8) return inside.value !== 0;
  return kindOf(inside) === 'map' ? keysOf(inside, budget).length > 0 : Boolean(inside);
}

export function keysOf(map: Value, budget: Budget): string[] {
  const keys = Object.keys(map instanceof StringMap ? map.entries : Object(map));
  budget.spend(4 * keys.length);
  return keys;
}

/** The entries in the order in which Go goes through them. */
export function sortedEntries(map: Value, budget: Budget): [string, Value][] {
  const keys = keysOf(map, budget);
  budget.spend(4 * keys.length);
  for (const key of keys) budget.read(key);
  // The order of code units is that of bytes where there are no pairs of them.
  if (keys.some((key) => /[\ud800-\udfff]/.test(key))) keys.sort(compareStrings);
  else keys.sort();
  return keys.map((key) => [key, entryOf(map, key)]);
}

/** An entry as Go finds it in a map of this type; undefined where there is none. */
export function entryOf(map: Value, key: string): Value {
  const entries: Readonly<Record<string, unknown>> = map instanceof StringMap ? map.entries : Object(map);
  if (!Object.hasOwn(entries, key)) return undefined;
  return map instanceof StringMap ? entries[key] : boxed(entries[key]);
}

/** What `index` finds where there is none. */
export function zeroEntryOf(map: Value): Value {
  return map instanceof StringMap ? '' : boxed(null);
}
