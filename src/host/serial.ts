import { InvalidValue } from '../errors.js';

declare const serial: unique symbol;

/** The name of a machine, fit for a folder, a URL path and a shell word: `a-z 0-9 . _ -`, begins and ends with a letter or digit. */
export type Serial = string & { readonly [serial]: true };

const LONGEST = 128;
const CANONICAL = /^[a-z0-9]([a-z0-9._-]*[a-z0-9])?$/;

/**
 * Lower-cases, and replaces each run of blanks and other characters by one hyphen, as firmware writes serials like
 * `/7XK2Y82/CN13740/` or `VMware-56 4d a1`.
 * @throws InvalidValue when nothing usable remains or it is longer than 128 characters.
 */
export function parseSerial(raw: string): Serial {
  const text = raw
    .toLowerCase()
    .replace(/[^a-z0-9._-]+/g, '-')
    .replace(/\.{2,}/g, '.')
    .replace(/^[^a-z0-9]+|[^a-z0-9]+$/g, '');
  if (text.length > LONGEST || !CANONICAL.test(text)) {
    throw new InvalidValue('a serial', raw, `it needs a letter or digit, and ${LONGEST} characters at most`);
  }
  return text as Serial;
}
