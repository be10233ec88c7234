import { accessSync, constants } from 'node:fs';
import { readFile, stat } from 'node:fs/promises';
import { homedir } from 'node:os';
import type { DoorOptions } from '../api/door.js';
import type { Identity, Trust } from '../api/trust.js';
import { parseFingerprint } from '../api/fingerprint.js';
import { fileReason, showValue } from '../errors.js';
import {
  baseUrlOf,
  type Connection,
  type ConnectionWords,
  type Environment,
  loginMeant,
  namesNoServer,
  placeOf,
  usualSockets,
} from './connection.js';
import { credentialsFile, type Login, readCredentials, serverKey } from './credentials.js';
import { UsageError } from './errors.js';

/**
 * The way to the daemon that flags, environment, sockets of this computer and logins lead to: where nothing is said and no daemon
 * is here, the one login that is kept.
 * @param root the folder of the installation
 * @throws UsageError, CredentialsExposed, CredentialsDamaged
 */
export async function doorTo(
  words: ConnectionWords,
  root: string,
  environment: Environment = process.env,
): Promise<DoorOptions> {
  const sockets = usualSockets(root);
  const place = placeOf(words, environment, () => sockets.find(mayUse));
  if ('socketPath' in place) return { baseUrl: 'http://localhost', socketPath: place.socketPath };
  const isElsewhere = namesNoServer(words, environment) && !sockets.some(isThere);
  if (!isElsewhere) return doorOver(place, environment);
  const kept = [...(await readCredentials(ownCredentials(environment))).keys()];
  return doorOver(loginMeant(kept, place), environment);
}

/** @throws UsageError, CredentialsExposed, CredentialsDamaged */
export async function doorOver(
  connection: Connection,
  environment: Environment = process.env,
): Promise<DoorOptions> {
  const baseUrl = baseUrlOf(connection);
  if (!connection.tls) return { baseUrl };
  const trust = await trustFrom(environment);
  const proof = await proofFrom(environment);
  if (trust && proof) return { baseUrl, trust, ...proof };
  const login = (await readCredentials(ownCredentials(environment))).get(serverKey(connection));
  const kept = proof ?? (login && (await proofOf(login, 'imagoctl login')));
  return { baseUrl, trust: trust ?? login?.trust, ...kept };
}

type Proof = Pick<DoorOptions, 'token' | 'identity'>;

/** By what the environment says that its user shows who he is. @throws UsageError */
async function proofFrom(environment: Environment): Promise<Proof | undefined> {
  const { IMAGO_TOKEN: token, IMAGO_TLS_CERT: certificate, IMAGO_TLS_KEY: key } = environment;
  if (token) return { token };
  if (!certificate && !key) return undefined;
  if (!certificate || !key) throw new UsageError('IMAGO_TLS_CERT and IMAGO_TLS_KEY go together: set both');
  return proofOf({ identity: { certificate, key } }, 'IMAGO_TLS_CERT and IMAGO_TLS_KEY');
}

/** @param from what names the files. @throws UsageError */
async function proofOf({ token, identity }: Login, from: string): Promise<Proof> {
  return identity ? { identity: await identityIn(identity, from) } : { token };
}

/** @param from what names the files. @throws UsageError */
export async function identityIn({ certificate, key }: Identity, from: string): Promise<Identity> {
  const identity = {
    certificate: await pemIn(certificate, 'CERTIFICATE', from),
    key: await pemIn(key, 'PRIVATE KEY', from),
  };
  const { mode } = await stat(key);
  if ((mode & 0o077) !== 0)
    throw new UsageError(`${from}: ${key} may be used by others: chmod 600 ${key}`, { file: key });
  const { pairFault } = await import('./pair-fault.js');
  const fault = pairFault(identity);
  if (fault === undefined) return identity;
  const faults = {
    certificate: `${certificate} holds no certificate that can be read: give it in PEM`,
    key: `${key} holds no key that can be read: give it in PEM`,
    encrypted: `${key} is encrypted: give the key without its passphrase, in a file of mode 0600`,
    pair: `the key in ${key} is not the one of the certificate in ${certificate}: give the two that were made together`,
  };
  throw new UsageError(`${from}: ${faults[fault]}`, { certificate, key });
}

export function ownCredentials(environment: Environment = process.env): string {
  return credentialsFile(environment, environment['HOME'] || homedir());
}

/** By what the environment says that the server is to be believed. @throws UsageError */
async function trustFrom(environment: Environment): Promise<Trust | undefined> {
  const { IMAGO_FINGERPRINT: pinned, IMAGO_TLS_CA: file } = environment;
  if (pinned) return { fingerprint: fingerprintIn(pinned, 'IMAGO_FINGERPRINT') };
  return file ? { authorities: await authoritiesIn(file, 'IMAGO_TLS_CA') } : undefined;
}

/** @param from where the text stood. @throws UsageError */
export function fingerprintIn(text: string, from: string): string {
  const fingerprint = parseFingerprint(text);
  if (fingerprint === undefined) {
    throw new UsageError(
      `${showValue(text)} is not the SHA-256 of a certificate: write ${from} as imago says it when it starts, SHA256: and 64 hexadecimal digits`,
    );
  }
  return fingerprint;
}

/** @param from what names the file. @throws UsageError */
export function authoritiesIn(file: string, from: string): Promise<string> {
  return pemIn(file, 'CERTIFICATE', from);
}

async function pemIn(file: string, what: 'CERTIFICATE' | 'PRIVATE KEY', from: string): Promise<string> {
  const text = await readFile(file, 'utf8').catch((error: unknown) => {
    throw new UsageError(`${from}: ${file} cannot be read: ${fileReason(error)}`, { file }, { cause: error });
  });
  if (text.includes('-----BEGIN ') && text.includes(`${what}-----`)) return text;
  throw new UsageError(`${from}: ${file} holds no ${what.toLowerCase()} in PEM`, { file });
}

/** Also where only others may look. */
function isThere(socket: string): boolean {
  try {
    accessSync(socket, constants.F_OK);
    return true;
  } catch (error) {
    return !['ENOENT', 'ENOTDIR'].includes(String(Reflect.get(Object(error), 'code')));
  }
}

/** Whoever may not is sent over the network, with his own name. */
function mayUse(socket: string): boolean {
  try {
    accessSync(socket, constants.R_OK | constants.W_OK);
    return true;
  } catch {
    return false;
  }
}
