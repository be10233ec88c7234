import { cleanText } from '../errors.js';

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
