/**
 * The value of a text in JSON; undefined for what is none, or is nested too deeply to be read.
 * @param reviver what it throws comes through
 */
export function jsonIn(text: string, reviver?: (key: string, value: unknown) => unknown): unknown {
  try {
    return JSON.parse(text, reviver);
  } catch (error) {
    if (error instanceof SyntaxError || error instanceof RangeError) return undefined;
    throw error;
  }
}
