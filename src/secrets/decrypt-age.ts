import { readBoundedFile } from '../files/guarded-file.js';
import { LONGEST_SECRET, unusable } from './secret-text.js';

/** What the armor and the headers of many recipients add. */
const LONGEST_AGE_FILE = 4 * LONGEST_SECRET;
const ARMOR = '-----BEGIN AGE ENCRYPTED FILE-----';

/**
 * What a file of `age` holds (age-encryption.org/v1).
 * @param identities A file of age-keygen: one identity a line, comments begin with #.
 * @throws SecretUnusable
 */
export async function decryptAge(name: string, path: string, identities: string): Promise<Buffer> {
  const content = await encryptedFile(name, path);
  const keys = identities
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '' && !line.startsWith('#'));
  const { Decrypter, armor } = await import('age-encryption'); // only where it is configured
  const decrypter = new Decrypter();
  try {
    for (const key of keys) decrypter.addIdentity(key);
  } catch {
    // The library's words could show the key.
    throw unusable(
      name,
      path,
      'its identity file holds no key of age-keygen',
      'name a file with AGE-SECRET-KEY-1…',
    );
  }
  try {
    const isArmored = content.subarray(0, 256).toString('latin1').trimStart().startsWith(ARMOR);
    const bytes = isArmored ? armor.decode(content.toString('latin1').trim()) : content;
    return Buffer.from(await decrypter.decrypt(bytes));
  } catch {
    throw unusable(
      name,
      path,
      'it is not encrypted to its identity, or damaged',
      'encrypt it anew: age -r RECIPIENT -o FILE',
    );
  }
}

function encryptedFile(name: string, path: string): Promise<Buffer> {
  return readBoundedFile(path, LONGEST_AGE_FILE, ({ reason, remedy }) =>
    unusable(name, path, reason, remedy),
  );
}
