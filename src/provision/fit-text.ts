import { cleanText, InvalidValue } from '../errors.js';

const LONGEST_TEXT = 1024;

/** One line of printable text, without blanks around it: it will stand in files, tables and scripts. @throws InvalidValue */
export function fitText(what: string, text: string, longest: number = LONGEST_TEXT): string {
  const trimmed = text.trim();
  if (trimmed.length > longest || cleanText(trimmed) !== trimmed) {
    throw new InvalidValue(what, text, `write one line of printable text, ${longest} characters at most`);
  }
  return trimmed;
}
