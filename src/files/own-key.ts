import { randomBytes } from 'node:crypto';
import { chmod, mkdir, readFile, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { replaceFile } from './durable-file.js';
import { ifPresent } from './if-present.js';

const KEY_BYTES = 32;
const OWN_MODE = 0o600;

/** A key that only this user reads: the one in the file, or a new one where there is none, or one of another length. */
export async function ownKey(path: string): Promise<Buffer> {
  const kept = await ifPresent(readFile(path));
  if (kept?.length === KEY_BYTES) {
    // A disk that takes no changes has to do for a key that is all right.
    const { mode } = await stat(path);
    if ((mode & 0o777) !== OWN_MODE) await chmod(path, OWN_MODE);
    return kept;
  }
  const key = randomBytes(KEY_BYTES);
  await mkdir(dirname(path), { recursive: true });
  await replaceFile(path, key, OWN_MODE);
  return key;
}
