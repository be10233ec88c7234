import { InvalidValue } from '../errors.js';

const NAME = /^[a-z0-9_](?:[a-z0-9._:-]{0,126}[a-z0-9_-])?$/i;

/** Whether a record that is no host may have this name, which is that of its file as well. */
export function isNameOfRecord(name: string): boolean {
  return NAME.test(name);
}

/** @param kind As the folder of its records is named. @throws InvalidValue */
export function requireNameOfRecord(kind: string, name: string): void {
  if (isNameOfRecord(name)) return;
  throw new InvalidValue(
    `a name among ${kind}`,
    name,
    'it is made of letters, digits and . _ - : (128 at most), begins with a letter, a digit or _, and does not end with . or :',
  );
}
