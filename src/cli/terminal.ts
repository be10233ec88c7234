import { cleanText } from '../errors.js';

/** Colours are for people: never in a pipe or a file (https://no-color.org). */
export function wantsColor(): boolean {
  return process.stdout.isTTY && !process.env['NO_COLOR'] && process.env['TERM'] !== 'dumb';
}

export interface ScreenSize {
  readonly columns: number;
  readonly rows: number;
}

/** A terminal that nobody told its size says 0 by 0 (serial lines, some containers): it is taken for a VT100. */
export function screenSize({
  columns,
  rows,
}: {
  readonly columns?: number | undefined;
  readonly rows?: number | undefined;
}): ScreenSize {
  return { columns: columns || 80, rows: rows || 24 };
}

const ESCAPE = '\u{1b}';

/** Colours that `paint` makes, breaks of lines and tabs stay; what else could steer the terminal does not. */
export function forTerminal(text: string): string {
  const [before = '', ...painted] = text.split(ESCAPE);
  return (
    cleanLines(before) +
    painted
      .map((part) => {
        const [color] = /^\[\d{1,2}m/.exec(part) ?? [];
        return color === undefined
          ? cleanLines(ESCAPE + part)
          : ESCAPE + color + cleanLines(part.slice(color.length));
      })
      .join('')
  );
}

function cleanLines(text: string): string {
  return text.replaceAll(/[^\n\t]+/g, cleanText);
}
