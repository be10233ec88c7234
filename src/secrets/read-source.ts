import { join } from 'node:path';
import type { NamedSecret } from '../config/secrets-section.js';
import { readPrivateFile } from '../files/guarded-file.js';
import { decryptAge } from './decrypt-age.js';
import { runProgram } from './run-program.js';
import { LONGEST_SECRET, unusable } from './secret-text.js';

export type Environment = Readonly<Record<string, string | undefined>>;

/** What a program may take over of the daemon's environment that decrypts: where its keys are. */
const KEYS_OF_SOPS = /^(SOPS_|AWS_|GOOGLE_|AZURE_|VAULT_|GNUPGHOME$|HOME$|XDG_CONFIG_HOME$|PATH$)/;

/** The folder in which systemd leaves credentials. */
export function credentialPath(name: string, environment: Environment): string | undefined {
  const folder = environment['CREDENTIALS_DIRECTORY'];
  return folder === undefined ? undefined : join(folder, name);
}

/**
 * The value as it is now, of a source that is the same for all machines.
 * @throws SecretUnusable
 */
export async function readSource(
  name: string,
  secret: NamedSecret,
  environment: Environment,
): Promise<Buffer> {
  const { file, credential, age, sops } = secret;
  if (file !== undefined) return privateBytes(name, file);
  if (credential !== undefined) {
    const path = credentialPath(credential, environment);
    if (path !== undefined) return privateBytes(name, path);
    throw unusable(
      name,
      `the credential ${credential}`,
      'systemd passed none',
      `add LoadCredential=${credential}:FILE to the unit`,
    );
  }
  if (age !== undefined) {
    const identities = await privateBytes(name, age.identity);
    return decryptAge(name, age.file, identities.toString('utf8'));
  }
  if (sops !== undefined) return decryptSops(name, sops, secret.timeoutSeconds, environment);
  throw new TypeError(`the secret ${name} is another one for each machine`);
}

function privateBytes(name: string, path: string): Promise<Buffer> {
  return readPrivateFile(path, { most: LONGEST_SECRET, groupMayRead: true }, ({ reason, remedy }) =>
    unusable(name, path, reason, remedy),
  );
}

function decryptSops(
  name: string,
  { file, key, identity }: NonNullable<NamedSecret['sops']>,
  timeoutSeconds: number,
  environment: Environment,
): Promise<Buffer> {
  const way = key?.split('.').map((step) => `["${step}"]`) ?? [];
  const kept = Object.entries(environment).filter(
    (pair): pair is [string, string] => KEYS_OF_SOPS.test(pair[0]) && pair[1] !== undefined,
  );
  return runProgram({
    name,
    command: ['sops', '--decrypt', ...(key === undefined ? [] : ['--extract', way.join('')]), file],
    environment: {
      PATH: '/usr/local/bin:/usr/bin:/bin',
      ...Object.fromEntries(kept),
      ...(identity !== undefined && { SOPS_AGE_KEY_FILE: identity }),
    },
    timeoutSeconds,
    showsComplaints: true,
  });
}
