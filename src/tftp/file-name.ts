import { FileRefused } from './errors.js';

/** Bytes; what Linux takes as one name, and a sane bound for the whole. */
const MAX_SEGMENT_BYTES = 255;
const MAX_NAME_BYTES = 1024;

/**
 * The steps from the root to a file. A leading slash means the root, as everywhere in the field.
 * @throws FileRefused for a name that climbs, hides something from a log, or is no name at all.
 */
export function parseFileName(filename: string): readonly string[] {
  if (Buffer.byteLength(filename) > MAX_NAME_BYTES) throw new FileRefused(filename, 'its name is too long');
  if (filename.includes('\\')) throw new FileRefused(filename, 'backslashes do not separate folders here');
  if (/[\p{Cc}\u{fffd}]/u.test(filename))
    throw new FileRefused(filename, 'its name has unprintable characters');
  const segments = filename.split('/').filter((segment) => segment !== '' && segment !== '.');
  if (segments.includes('..')) throw new FileRefused(filename, 'its name climbs out of the folder');
  if (segments.some((segment) => Buffer.byteLength(segment) > MAX_SEGMENT_BYTES)) {
    throw new FileRefused(filename, 'its name is too long');
  }
  return segments;
}
