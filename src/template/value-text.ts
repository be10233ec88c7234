import { showValue, UnfitValue } from '../errors.js';

/** The text of a single value. @throws UnfitValue for what has none: `null`, lists, objects. */
export function textOfValue(value: unknown): string {
  if (typeof value === 'string') return value;
  if (typeof value === 'number' && Number.isFinite(value)) return String(value);
  if (typeof value === 'boolean') return String(value);
  if (value === undefined) throw new UnfitValue('is missing');
  if (value === null) {
    throw new UnfitValue(
      "is null, it is not known here: guard it with {% if … %} or give it a default('…', true)",
    );
  }
  throw new UnfitValue(
    `${showValue(value)} is not a single value: pick one of its parts, or use the json or yaml filter`,
  );
}

/** A single value that stays on its line. @throws UnfitValue */
export function lineOfValue(value: unknown): string {
  const text = textOfValue(value);
  if (/[\p{Cc}\u2028\u2029]/u.test(text)) {
    throw new UnfitValue(
      `${showValue(text)} holds a line break or another control character, which cannot be written here`,
    );
  }
  return text;
}
