import { createPrivateKey, KeyObject, randomBytes, webcrypto } from 'node:crypto';
import type { Extension, X509Certificate as MadeCertificate } from '@peculiar/x509';
import { commonName, type ServerNames } from './server-names.js';
import { validityOfCa, type Validity } from './validity.js';

/** A key and its certificate, both as PEM. */
export interface KeyPair {
  readonly key: string;
  readonly certificate: string;
}

/** The CA that signs: its key, and its certificate as PEM. */
export interface SigningCa {
  readonly key: KeyObject;
  readonly certificate: string;
}

const CURVE = { name: 'ECDSA', namedCurve: 'P-256' } as const;
const SIGNATURE = { name: 'ECDSA', hash: 'SHA-256' } as const;
const SERVER_AUTHENTICATION = '1.3.6.1.5.5.7.3.1';

/** A CA that signs servers and no further CAs. @param hostname whose it is */
export async function makeCa(hostname: string, now: Date): Promise<KeyPair> {
  const x509 = await loadX509();
  const keys = await newKeys();
  // Two CAs of one server are told apart.
  const name = [{ CN: [commonName(`imago CA ${randomBytes(4).toString('hex')} ${hostname}`)] }];
  const { KeyUsageFlags } = x509;
  const certificate = await x509.X509CertificateGenerator.createSelfSigned({
    serialNumber: serialNumber(),
    name,
    ...validityOfCa(now),
    keys,
    signingAlgorithm: SIGNATURE,
    extensions: [
      new x509.BasicConstraintsExtension(true, 0, true),
      new x509.KeyUsagesExtension(KeyUsageFlags.keyCertSign | KeyUsageFlags.cRLSign, true),
      await x509.SubjectKeyIdentifierExtension.create(keys.publicKey),
    ],
  });
  return pairOf(keys.privateKey, certificate);
}

/** A server's key and certificate, with that of the CA after it: so clients that trust nobody yet can be shown whom to trust. */
export async function makeServer(
  ca: SigningCa,
  { addresses, names }: ServerNames,
  validity: Validity,
): Promise<KeyPair> {
  const x509 = await loadX509();
  const keys = await newKeys();
  const issuer = new x509.X509Certificate(ca.certificate);
  const extensions: Extension[] = [
    new x509.BasicConstraintsExtension(false, undefined, true),
    new x509.KeyUsagesExtension(x509.KeyUsageFlags.digitalSignature, true),
    new x509.ExtendedKeyUsageExtension([SERVER_AUTHENTICATION]),
    new x509.SubjectAlternativeNameExtension([
      ...names.map((value) => ({ type: 'dns' as const, value })),
      ...addresses.map((value) => ({ type: 'ip' as const, value })),
    ]),
    await x509.SubjectKeyIdentifierExtension.create(keys.publicKey),
    await x509.AuthorityKeyIdentifierExtension.create(issuer.publicKey),
  ];
  const certificate = await x509.X509CertificateGenerator.create({
    serialNumber: serialNumber(),
    subject: [{ CN: [commonName(names[0] ?? addresses[0] ?? 'imago')] }],
    issuer: issuer.subjectName,
    ...validity,
    publicKey: keys.publicKey,
    signingKey: await signingKey(ca.key),
    signingAlgorithm: SIGNATURE,
    extensions,
  });
  const made = pairOf(keys.privateKey, certificate);
  return { ...made, certificate: made.certificate + ca.certificate };
}

/** Takes a tenth of a second: whoever has certificates already does without. */
async function loadX509() {
  await import('reflect-metadata');
  const x509 = await import('@peculiar/x509');
  x509.cryptoProvider.set(webcrypto);
  return x509;
}

function newKeys() {
  return webcrypto.subtle.generateKey(CURVE, true, ['sign', 'verify']);
}

function signingKey(key: KeyObject) {
  const bytes = key.export({ type: 'pkcs8', format: 'der' });
  return webcrypto.subtle.importKey('pkcs8', bytes, CURVE, false, ['sign']);
}

function pairOf(key: webcrypto.CryptoKey, certificate: MadeCertificate): KeyPair {
  const pem = KeyObject.from(key).export({ type: 'pkcs8', format: 'pem' });
  return { key: String(pem), certificate: `${certificate.toString('pem').trim()}\n` };
}

/** RFC 5280 §4.1.2.2: positive, and nobody guesses it. */
function serialNumber(): string {
  const bytes = randomBytes(16);
  bytes[0] = (bytes.readUInt8(0) & 0x7f) | 0x40;
  return bytes.toString('hex');
}

/** @throws what OpenSSL says; of another kind of key, that it is */
export function parseSigningKey(pem: string): KeyObject {
  const key = createPrivateKey(pem);
  const { namedCurve } = key.asymmetricKeyDetails ?? {};
  if (namedCurve !== 'prime256v1') throw new TypeError('its key is none of EC P-256');
  return key;
}
