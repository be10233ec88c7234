import { constants } from 'node:fs';
import { open } from 'node:fs/promises';
import { join } from 'node:path';
import { errorCode, ImagoError } from '../errors.js';
import { Secret } from './secret.js';

/** Where a password stands. It is never part of the configuration itself. */
export type SecretSource =
  | { readonly file: string }
  | { readonly variable: string }
  /** A credential of systemd: `LoadCredential=` of the unit. */
  | { readonly credential: string };

export class SecretUnusable extends ImagoError {
  readonly code = 'SECRET_UNUSABLE';

  constructor(where: string, reason: string, remedy: string) {
    super(`the password in ${where} cannot be used: ${reason}; ${remedy}`, { where, reason });
  }
}

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
  const handle = await open(path, constants.O_RDONLY | constants.O_NONBLOCK).catch((error: unknown) => {
    const code = errorCode(error) ?? String(error);
    throw new SecretUnusable(path, `it cannot be read (${code})`, 'check its path and owner');
  });
  try {
    const stats = await handle.stat();
    if (!stats.isFile()) throw new SecretUnusable(path, 'it is not a file', 'name a file');
    if ((stats.mode & 0o077) !== 0) {
      throw new SecretUnusable(path, 'others may read it', `run: chmod 600 ${path}`);
    }
    const ours = process.getuid?.();
    if (stats.uid !== 0 && stats.uid !== ours) {
      throw new SecretUnusable(path, 'it belongs to another user', `run: chown ${ours ?? 'root'} ${path}`);
    }
    if (stats.size > LONGEST_BYTES)
      throw new SecretUnusable(path, 'it is too long', 'leave the password alone there');
    return await handle.readFile('utf8');
  } finally {
    await handle.close();
  }
}
