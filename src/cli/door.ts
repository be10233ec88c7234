import { accessSync, constants } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import type { DoorOptions } from '../api/door.js';
import type { Trust } from '../api/trust.js';
import { parseFingerprint } from '../api/fingerprint.js';
import { fileReason, showValue } from '../errors.js';
import {
  baseUrlOf,
  type Connection,
  type ConnectionWords,
  type Environment,
  placeOf,
  usualSockets,
} from './connection.js';
import { credentialsFile, readCredentials, serverKey } from './credentials.js';
import { UsageError } from './errors.js';

/**
 * The way to the daemon that flags, environment, sockets of this computer and logins lead to.
 * @param root the folder of the installation
 * @throws UsageError, CredentialsExposed, CredentialsDamaged
 */
export async function doorTo(
  words: ConnectionWords,
  root: string,
  environment: Environment = process.env,
): Promise<DoorOptions> {
  const place = placeOf(words, environment, () => usualSockets(root).find(mayUse));
  return 'socketPath' in place
    ? { baseUrl: 'http://localhost', socketPath: place.socketPath }
    : doorOver(place, environment);
}

/** @throws UsageError, CredentialsExposed, CredentialsDamaged */
export async function doorOver(
  connection: Connection,
  environment: Environment = process.env,
): Promise<DoorOptions> {
  const baseUrl = baseUrlOf(connection);
  if (!connection.tls) return { baseUrl };
  const trust = await trustFrom(environment);
  const token = environment['IMAGO_TOKEN'] || undefined;
  if (trust && token !== undefined) return { baseUrl, trust, token };
  const login = (await readCredentials(ownCredentials(environment))).get(serverKey(connection));
  return { baseUrl, trust: trust ?? login?.trust, token: token ?? login?.token };
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
export async function authoritiesIn(file: string, from: string): Promise<string> {
  const text = await readFile(file, 'utf8').catch((error: unknown) => {
    throw new UsageError(`${from}: ${file} cannot be read: ${fileReason(error)}`, { file }, { cause: error });
  });
  if (!text.includes('-----BEGIN CERTIFICATE-----')) {
    throw new UsageError(`${from}: ${file} holds no certificate in PEM (-----BEGIN CERTIFICATE-----)`);
  }
  return text;
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
