import { X509Certificate, type KeyObject } from 'node:crypto';
import { CaUnusable } from './errors.js';
import { makeCa, parseSigningKey, type SigningCa } from './make-certificates.js';
import type { OwnFolder } from './own-folder.js';

const KEY = 'ca.key';
const CERTIFICATE = 'ca.crt';

export interface OwnCa extends SigningCa {
  readonly parsed: X509Certificate;
  /** The file to give to clients. */
  readonly path: string;
  readonly isNew: boolean;
}

/**
 * The CA in the folder, or a new one. Its key is written first: a certificate that is there has its key, and a key alone has signed
 * nothing yet.
 * @param isUsed Something is there that a CA has signed.
 * @throws CaUnusable
 */
export async function openCa(
  folder: OwnFolder,
  isUsed: boolean,
  hostname: string,
  now: Date,
): Promise<OwnCa> {
  const [key, certificate] = [folder.read(KEY), folder.read(CERTIFICATE)];
  const path = folder.at(CERTIFICATE);
  if (certificate !== undefined) {
    if (key === undefined) throw new CaUnusable(folder.at(KEY), `it is not there: ${remedy(folder)}`);
    return { ...parsedCa(folder, key, certificate), path, isNew: false };
  }
  if (isUsed) throw new CaUnusable(path, `it is not there: ${remedy(folder)}`);
  const made = await makeCa(hostname, now);
  await folder.write(KEY, made.key);
  await folder.write(CERTIFICATE, made.certificate);
  return { ...parsedCa(folder, made.key, made.certificate), path, isNew: true };
}

function parsedCa(folder: OwnFolder, key: string, certificate: string): Omit<OwnCa, 'path' | 'isNew'> {
  const parsed = part(folder, CERTIFICATE, () => new X509Certificate(certificate));
  const signing: KeyObject = part(folder, KEY, () => parseSigningKey(key));
  if (!parsed.ca) throw new CaUnusable(folder.at(CERTIFICATE), `it is of no CA: ${remedy(folder)}`);
  if (!parsed.checkPrivateKey(signing))
    throw new CaUnusable(
      folder.at(KEY),
      `it is the key of another certificate than ${CERTIFICATE}: ${remedy(folder)}`,
    );
  return { key: signing, certificate, parsed };
}

function part<T>(folder: OwnFolder, name: string, parse: () => T): T {
  try {
    return parse();
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new CaUnusable(folder.at(name), `it is damaged (${reason}): ${remedy(folder)}`, error);
  }
}

function remedy({ path }: OwnFolder): string {
  return `bring ${path} back from a backup; or remove it, then another CA is made, and operators log in again`;
}
