import { createHmac } from 'node:crypto';

/** Tells whether two things are the same to whoever has the key, and nothing to anybody else. 64 hex digits. */
export function keyedHash(key: Uint8Array, ...parts: readonly (string | Uint8Array)[]): string {
  const hash = createHmac('sha256', key);
  for (const part of parts) {
    const bytes = Buffer.from(part);
    // Its length before each part: no two lists of parts are the same bytes.
    hash.update(`${bytes.length}:`).update(bytes);
  }
  return hash.digest('hex');
}

const SHOWN_DIGITS = 8;

/** What operators see of a value. */
export function fingerprintOf(key: Uint8Array, name: string, value: Uint8Array): string {
  return keyedHash(key, 'value', name, value).slice(0, SHOWN_DIGITS);
}
