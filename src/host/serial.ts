import { InvalidValue, showValue } from '../errors.js';

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
    .replace(/^[^a-z0-9]+|(?<![^a-z0-9])[^a-z0-9]+$/g, '');
  if (text.length > LONGEST || !CANONICAL.test(text)) {
    throw new InvalidValue('a serial', raw, `it needs a letter or digit, and ${LONGEST} characters at most`);
  }
  return text as Serial;
}

/**
 * As an operator writes it, in any case. Firmware may write what it likes, and is understood; a person who mistypes is not:
 * a machine of another name would come into being.
 * @throws InvalidValue that says how a machine with such a serial would be known.
 */
export function parseWrittenSerial(raw: string): Serial {
  const serial = parseSerial(raw);
  if (serial === raw.toLowerCase()) return serial;
  throw new InvalidValue(
    'a serial as imago writes it',
    raw,
    `it is made of letters, digits, and . _ - between them; a machine with this one is known as ${showValue(serial)}`,
  );
}
