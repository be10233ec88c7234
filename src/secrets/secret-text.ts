import type { NamedSecret, SecretKind } from '../config/secrets-section.js';
import { secretSources } from '../config/secrets-section.js';
import { SecretUnusable } from '../files/secret-unusable.js';

/** Bytes; more is no secret but a file. */
export const LONGEST_SECRET = 64 * 1024;

export function kindOfSecret(secret: NamedSecret): SecretKind {
  return secretSources.find((kind) => secret[kind] !== undefined) ?? 'file';
}

export function unusable(name: string, where: string, reason: string, remedy: string): SecretUnusable {
  return new SecretUnusable(where, reason, remedy, `the secret ${name}`);
}

/** Where a secret stands, for people. */
export function placeOf(secret: NamedSecret): string {
  const { file, credential, age, sops, program } = secret;
  if (file !== undefined) return file;
  if (credential !== undefined) return `the credential ${credential}`;
  if (age !== undefined) return age.file;
  if (sops !== undefined) return sops.file;
  return program?.[0] ?? 'nowhere';
}

/**
 * A value as templates get it. The line break that ends a single line does not count: a password has none; a key of several lines
 * keeps its own.
 * @throws SecretUnusable
 */
export function secretText(name: string, secret: NamedSecret, value: Uint8Array): string {
  const where = placeOf(secret);
  if (value.length === 0) throw unusable(name, where, 'it is empty', 'write the value there');
  if (secret.encoding === 'base64') return Buffer.from(value).toString('base64');
  const text = decoded(value);
  if (text === undefined) {
    throw unusable(name, where, 'it is no text in UTF-8', `set secrets.named.${name}.encoding to base64`);
  }
  const line = text.replace(/\r?\n$/, '');
  const isOneLine = !/[\r\n]/.test(line);
  if (isOneLine && line === '') throw unusable(name, where, 'it is empty', 'write the value there');
  return isOneLine ? line : text;
}

function decoded(value: Uint8Array): string | undefined {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(value);
  } catch (error) {
    if (error instanceof TypeError) return undefined;
    throw error;
  }
}

/** Writes what stands in place of a value. @param what Its fingerprint, where it is known. */
export type StandIn = (name: string, what?: string) => string;

/** What is shown in place of a value. */
export const standIn: StandIn = (name, what) => `<secret ${[name, what].filter(Boolean).join(' ')}>`;

/** The same where nothing but a URL may stand. */
export const standInUrl: StandIn = (name, what) =>
  `https://secret.invalid/${[name, what].filter(Boolean).join('/')}`;
