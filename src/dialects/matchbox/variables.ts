import { StringMap } from '../../go-template/go-value.js';
import type { Group } from './group.js';
import { compareBytes } from './go-json.js';
import type { Labels } from './labels.js';

/** A table as templates see it. */
export type Variables = Readonly<Record<string, unknown>>;

/** What the templates of a machine are told: the metadata of its group, over it the selectors, over both the request. */
export function variablesOf({ metadata, selector }: Group, labels: Labels, rawQuery: string): Variables {
  const table = metadata === undefined ? {} : (JSON.parse(metadata) as object);
  return Object.fromEntries([
    ...Object.entries(table),
    ...Object.entries(selector).map(([name, value]) => [name.toLowerCase(), value]),
    ['request', { query: new StringMap(Object.fromEntries(labels)), raw_query: rawQuery }],
  ]) as Variables;
}

/**
 * The variables as lines `NAME=value`, in the order of their names; of tables one for each field. Lists and what is null are
 * left out.
 * @param numberText As Go prints a number.
 */
export function environmentOf(
  variables: Variables,
  numberText: (value: number) => string,
  prefix = '',
): string {
  const entries = Object.entries(variables).sort(([a], [b]) => compareBytes(a, b));
  return entries.map(([name, value]) => lineOf(`${prefix}${name}`, value, numberText)).join('');
}

function lineOf(name: string, value: unknown, numberText: (value: number) => string): string {
  if (typeof value === 'string' || typeof value === 'boolean') return `${upperCase(name)}=${value}\n`;
  if (typeof value === 'number') return `${upperCase(name)}=${numberText(value)}\n`;
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return '';
  const inner = value instanceof StringMap ? value.entries : (value as Variables);
  return environmentOf(inner, numberText, `${name}_`);
}

/** As Go's: letter by letter, and one whose upper case is several letters stays. */
function upperCase(text: string): string {
  return Array.from(text, (letter) => {
    const upper = letter.toUpperCase();
    return upper === String.fromCodePoint(upper.codePointAt(0) ?? 0) ? upper : letter;
  }).join('');
}
