/**
 * JSON as Go's encoding/json writes it: keys of `fields` as they are given, those of every other table in the order of their
 * bytes; what HTML would take for markup as escapes.
 * @param indent of one level, as MarshalIndent takes it; none for one line.
 * @param value nested at most `DEEPEST_JSON` levels: it calls itself for each.
 */
export function goJson(value: unknown, indent = ''): string {
  return written(value, indent, '');
}

/** A table whose fields are written as they stand: a struct of Go's. */
export class Fields {
  constructor(readonly entries: readonly (readonly [name: string, value: unknown])[]) {}
}

/** Levels of lists and tables in a file: what reads and writes it calls itself for each. */
export const DEEPEST_JSON = 64;

function written(value: unknown, indent: string, margin: string): string {
  if (value instanceof Fields) return table(value.entries, indent, margin);
  if (Array.isArray(value)) {
    const items = value.map((item) => written(item, indent, margin + indent));
    return enclosed('[]', items, indent, margin);
  }
  if (typeof value === 'object' && value !== null) {
    return table(inByteOrder(Object.entries(value)), indent, margin);
  }
  return Object.is(value, -0) ? '-0' : escaped(JSON.stringify(value));
}

function table(entries: Iterable<readonly [string, unknown]>, indent: string, margin: string): string {
  const colon = indent === '' ? ':' : ': ';
  const items = Array.from(
    entries,
    ([name, value]) => `${escaped(JSON.stringify(name))}${colon}${written(value, indent, margin + indent)}`,
  );
  return enclosed('{}', items, indent, margin);
}

function enclosed(brackets: '[]' | '{}', items: readonly string[], indent: string, margin: string): string {
  const [open, close] = brackets;
  if (items.length === 0) return brackets;
  if (indent === '') return `${open}${items.join(',')}${close}`;
  const inner = `\n${margin}${indent}`;
  return `${open}${inner}${items.join(`,${inner}`)}\n${margin}${close}`;
}

function escaped(json: string): string {
  return json.replace(
    /[<>&\u2028\u2029]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}

function inByteOrder<T>(entries: readonly (readonly [string, T])[]): (readonly [string, T])[] {
  return [...entries].sort(([a], [b]) => compareBytes(a, b));
}

/** As Go compares strings: by their bytes in UTF-8. */
export function compareBytes(a: string, b: string): number {
  const [first, second] = [byteOrder(a), byteOrder(b)];
  if (first === second) return 0;
  return first < second ? -1 : 1;
}

/** A text that compares with others of its kind, by `<`, as the bytes of the texts do. */
export function byteOrder(text: string): string {
  return ASCII.test(text) ? text : Buffer.from(text).toString('latin1');
}

// oxlint-disable-next-line no-control-regex -- all of ASCII is meant
const ASCII = /^[\0-\x7f]*$/;
