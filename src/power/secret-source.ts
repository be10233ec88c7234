import { join } from 'node:path';
import { readPrivateFile } from '../files/guarded-file.js';
import { SecretUnusable } from '../files/secret-unusable.js';
import { Secret } from './secret.js';

/** Where a password stands. It is never part of the configuration itself. */
export type SecretSource =
  | { readonly file: string }
  | { readonly variable: string }
  /** A credential of systemd: `LoadCredential=` of the unit. */
  | { readonly credential: string };

type Environment = Readonly<Record<string, string | undefined>>;

/**
 * Read anew each time, so that a changed password holds at once. One line break at the end does not count.
 * @throws SecretUnusable also when others than the owner may read the file.
 */
export async function readSecret(source: SecretSource, environment: Environment): Promise<Secret> {
  if ('variable' in source) {
    const where = `the environment variable ${source.variable}`;
    return secretOf(environment[source.variable], where, 'set it for the daemon');
  }
  if ('file' in source) return secretOf(await privateFile(source.file), source.file, 'write it there');
  const folder = environment['CREDENTIALS_DIRECTORY'];
  const where = `the credential ${source.credential}`;
  if (folder === undefined || !/^[A-Za-z0-9._-]+$/.test(source.credential)) {
    throw new SecretUnusable(
      where,
      'systemd passed none',
      `add LoadCredential=${source.credential}:FILE to the unit`,
    );
  }
  return secretOf(await privateFile(join(folder, source.credential)), where, 'write it there');
}

function secretOf(text: string | undefined, where: string, remedy: string): Secret {
  const password = text?.replace(/\r?\n$/, '');
  if (password === undefined || password === '') throw new SecretUnusable(where, 'it is empty', remedy);
  if (/[\0\r\n]/.test(password))
    throw new SecretUnusable(where, 'it has more than one line', 'leave the password alone there');
  return new Secret(password);
}

const LONGEST_BYTES = 4096;

async function privateFile(path: string): Promise<string> {
  const content = await readPrivateFile(
    path,
    { most: LONGEST_BYTES },
    ({ reason, remedy }) => new SecretUnusable(path, reason, remedy),
  );
  return content.toString('utf8');
}
