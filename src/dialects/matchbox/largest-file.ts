import { InvalidRecord } from '../../host/record-kind.js';

/** Of a group, a profile or a template, in bytes. */
export const LARGEST_FILE = 1024 * 1024;

/** @param file As it is named in messages. @throws InvalidRecord for more bytes than a file may have */
export function requireReadable(bytes: number, file?: string): void {
  if (bytes <= LARGEST_FILE) return;
  const place = file === undefined ? undefined : { file, line: 1 };
  throw new InvalidRecord('', `${bytes} bytes`, `are more than ${LARGEST_FILE}`, place);
}
