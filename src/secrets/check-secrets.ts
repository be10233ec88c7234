import { accessSync, constants, statSync } from 'node:fs';
import type { Fault, FaultPath } from '../config/fault.js';
import type { NamedSecret, SecretsConfig } from '../config/secrets-section.js';
import { errorCode } from '../errors.js';
import { privateFileFault, unreadable } from '../files/guarded-file.js';
import type { SecretReader } from '../template/secret-reader.js';
import { credentialPath, type Environment } from './read-source.js';
import { LONGEST_SECRET, standIn, standInUrl, type StandIn } from './secret-text.js';
import { secretForProfile } from './whose-secret.js';

/** What is wrong with the files of secrets, as far as it shows without reading any. */
export function checkSecrets({ named }: SecretsConfig, environment: Environment): Fault[] {
  return Object.entries(named).flatMap(([name, secret]) =>
    faultsOf(secret, ['secrets', 'named', name], environment),
  );
}

function faultsOf(secret: NamedSecret, at: FaultPath, environment: Environment): Fault[] {
  const { file, credential, age, sops, program } = secret;
  if (file !== undefined) return privateFault(file, [...at, 'file']);
  if (credential !== undefined) {
    const path = credentialPath(credential, environment);
    // `--check-config` by hand has no credentials: the unit's are looked at when it starts.
    return path === undefined ? [] : privateFault(path, [...at, 'credential']);
  }
  if (age !== undefined) {
    return [
      ...readable(age.file, [...at, 'age', 'file']),
      ...privateFault(age.identity, [...at, 'age', 'identity']),
    ];
  }
  if (sops !== undefined) {
    const { identity } = sops;
    return [
      ...readable(sops.file, [...at, 'sops', 'file']),
      ...(identity === undefined ? [] : privateFault(identity, [...at, 'sops', 'identity'])),
      ...sopsFault(environment, [...at, 'sops']),
    ];
  }
  return accessFault(program?.[0] ?? '', constants.X_OK, 'cannot be run', [...at, 'program']);
}

function privateFault(path: string, at: FaultPath): Fault[] {
  try {
    const fault = privateFileFault(path, statSync(path), { most: LONGEST_SECRET, groupMayRead: true });
    return fault ? [{ path: at, message: `${path}: ${fault.reason}; ${fault.remedy}` }] : [];
  } catch (error) {
    if (errorCode(error) === undefined) throw error;
    const { reason, remedy } = unreadable(error);
    return [{ path: at, message: `${path}: ${reason}; ${remedy}` }];
  }
}

function readable(path: string, at: FaultPath): Fault[] {
  return accessFault(path, constants.R_OK, 'cannot be read', at);
}

function accessFault(path: string, how: number, trouble: string, at: FaultPath): Fault[] {
  try {
    accessSync(path, how);
    return [];
  } catch (error) {
    if (errorCode(error) === undefined) throw error;
    return [
      { path: at, message: `${path} ${trouble} (${errorCode(error)}): check its path, owner and mode` },
    ];
  }
}

function sopsFault({ PATH = '/usr/local/bin:/usr/bin:/bin' }: Environment, at: FaultPath): Fault[] {
  const isThere = PATH.split(':').some((folder) => isProgram(`${folder}/sops`));
  return isThere
    ? []
    : [{ path: at, message: 'needs the program sops, which is in no folder of PATH: install it' }];
}

function isProgram(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch (error) {
    if (errorCode(error) === undefined) throw error;
    return false;
  }
}

/** Files of secrets, and of the keys to them. */
export function secretFilesOf({ named }: SecretsConfig): readonly string[] {
  return Object.values(named).flatMap(({ file, age, sops }) =>
    [file, age?.identity, sops?.identity].filter((path) => path !== undefined),
  );
}

/** Stand for the secrets that machines of a profile may have, where a template is only tried: as text, and as a URL. */
export function trialSecrets(profile: string, { named }: SecretsConfig): [SecretReader, SecretReader] {
  const reader =
    (shown: StandIn): SecretReader =>
    (name) => {
      secretForProfile(name, profile, named);
      return shown(name);
    };
  return [reader(standIn), reader(standInUrl)];
}
